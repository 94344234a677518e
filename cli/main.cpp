// The program `zoetrope`.
#include "cli/application.hpp"
#include "core/tensor/device.hpp"

int main(int argc, char** argv) {
  zoetrope::prepare_cpu_memory();
  return zoetrope::run_application(argc, argv);
}
