// The makers of all datasets, for the table. Each reads its own options, refuses keys that it does not know
// before it looks at any data, and tells everything that is wrong with the data at once.
#pragma once

#include "training/dataset.hpp"

namespace zoetrope {

std::unique_ptr<dataset> make_frame_folders(const config& options, const dataset_site& site);
std::unique_ptr<dataset> make_clips(const config& options, const dataset_site& site);
std::unique_ptr<dataset> make_manifest(const config& options, const dataset_site& site);
std::unique_ptr<dataset> make_shapes(const config& options, const dataset_site& site);

}  // namespace zoetrope
