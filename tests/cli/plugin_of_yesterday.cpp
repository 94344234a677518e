// A plug-in that was built for other headers. Refused before its parts are asked for, which would end the test.
#include <cstdlib>

extern "C" const char* zoetrope_plugin_abi() { return "zoetrope's headers of yesterday"; }
extern "C" void zoetrope_plugin() { std::abort(); }
