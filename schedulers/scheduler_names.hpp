// Short forms of the schedulers' class names, by rule: without "Scheduler" and "Discrete", in snake case.
#pragma once

#include <string>

namespace zoetrope {

/// EulerAncestralDiscreteScheduler -> euler_ancestral, DPMSolverMultistepScheduler -> dpm_solver_multistep
std::string short_scheduler_name(const std::string& class_name);
/// The class for a class name or a short form; empty for "default"; error{usage} lists what there is.
std::string scheduler_class_of(const std::string& name);

}  // namespace zoetrope
