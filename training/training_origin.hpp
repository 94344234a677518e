// What a training begins from besides its config: the model's content and the data's, whatever their paths.
// A run that goes on compares it with what its checkpoint holds (origin.json):
//
//   {"model": {"unet": SHA-256 of its config and weights, …, "tokenizer": of its files, "plug-in x.so": …},
//    "data": {"examples": 9, "listed": [{"name", "caption", "source"}, …]}}
//
// Examples that are drawn are not listed: the config says all of them.
#pragma once

#include <filesystem>

#include "core/config.hpp"

namespace zoetrope {

class dataset;
struct training_model;

/// Reads every weight once.
json origin_of(const training_model& model);
/// Reads every file once.
json origin_of(const dataset& data);

void write_origin(const std::filesystem::path& folder, const json& origin);
/// error{usage} where the folder has none; error{bad_input} for one that cannot be read.
json read_origin(const std::filesystem::path& folder);

/// error{usage} that starts with `where` and says which part of the model or which example is another, new or
/// gone. Names of examples may differ.
void expect_same_origin(const json& before, const json& now, const std::string& where);

}  // namespace zoetrope
