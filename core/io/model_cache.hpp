// Where the Python libraries keep what they downloaded: <cache>/models--org--name/{refs,blobs,snapshots}.
// Only read; the network is never touched. https://huggingface.co/docs/huggingface_hub/guides/manage-cache
#pragma once

#include <filesystem>
#include <string>

namespace zoetrope {

/// True for `org/name` and `org/name@revision`.
bool is_hub_name(const std::string& name);

/// The snapshot folder of `org/name[@revision]` (a branch, tag or commit; "main" if none is given) in
/// $HF_HUB_CACHE, $HF_HOME/hub, $XDG_CACHE_HOME/huggingface/hub or ~/.cache/huggingface/hub, whichever is set
/// first. error{bad_input} says where it looked and which revisions there are.
std::filesystem::path find_cached_snapshot(const std::string& name);

}  // namespace zoetrope
