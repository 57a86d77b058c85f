// Runs a program that Fastpath saved, without Python.
//
//   run_program FILE
//
// Standard input: one text a line, as token ids with spaces between. Standard output: first what the program says of
// itself (fastpath.json, as one line), then one line for each output of each text: its sizes, a colon, its numbers.

#include <torch/script.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

namespace {

std::vector<torch::jit::IValue> inputs_for(const std::vector<int64_t>& ids, size_t count) {
  const auto tokens = torch::tensor(ids, torch::kInt64).unsqueeze(0);
  // In the order of fastpath.json: input_ids, attention_mask, and for some families token_type_ids.
  std::vector<torch::jit::IValue> inputs{tokens, torch::ones_like(tokens)};
  if (count > 2) inputs.emplace_back(torch::zeros_like(tokens));
  return inputs;
}

void show(const torch::Tensor& output) {
  const auto numbers = output.contiguous();
  for (const auto size : numbers.sizes()) std::printf("%lld ", static_cast<long long>(size));
  std::printf(":");
  const float* values = numbers.data_ptr<float>();
  for (int64_t i = 0; i < numbers.numel(); ++i) std::printf(" %.9g", values[i]);
  std::printf("\n");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: run_program FILE < ids\n");
    return 2;
  }
  try {
    torch::jit::ExtraFilesMap about{{"fastpath.json", ""}};
    auto program = torch::jit::load(argv[1], torch::kCPU, about);
    auto text = about["fastpath.json"];
    std::replace(text.begin(), text.end(), '\n', ' ');
    std::printf("%s\n", text.c_str());

    const size_t inputs = program.get_method("forward").num_inputs() - 1;  // the first is the module itself
    const torch::NoGradGuard no_gradients;
    for (std::string line; std::getline(std::cin, line);) {
      std::istringstream words(line);
      std::vector<int64_t> ids;
      for (int64_t id; words >> id;) ids.push_back(id);
      const auto outputs = program.forward(inputs_for(ids, inputs)).toTuple();
      for (const auto& output : outputs->elements()) show(output.toTensor());
    }
  } catch (const c10::Error& error) {
    std::fprintf(stderr, "%s\n", error.what_without_backtrace());
    return 1;
  }
  return 0;
}
