// Metrics with networks, whose weights the user has (--metric-weights). They need libtorch, so they are no
// part of the torch-free tables of eval/metric.cpp and eval/set_metric.cpp: the program adds them when it
// starts.
#pragma once

namespace zoetrope {

/// Adds them to metrics() and set_metrics(), once however often it is called.
void add_network_metrics();

}  // namespace zoetrope
