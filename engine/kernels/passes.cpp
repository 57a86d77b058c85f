// Passes over the rows of a matrix that join what PyTorch would do in five to ten operations. Each row is read while
// it lies in the cache: scales of its token and of the channels, bias, activation or residual and layer norm, and the
// 8 bits for the next product. Plain C interface, no header of PyTorch: compiles in a second, and is called by ctypes.
//
// int8 rows are unsigned with zero point 128 (what oneDNN's kernels take fastest): value = (q - 128) * scale.

#include <cmath>
#include <cstdint>
#include <cstring>

#define VECTOR _Pragma("GCC ivdep")

namespace {

const int64_t LEAST_VALUES = 32768;  // below, waking the other threads costs more than it brings

inline float bits(int32_t value) {
  float result;
  std::memcpy(&result, &value, sizeof result);
  return result;
}

inline int32_t bits(float value) {
  int32_t result;
  std::memcpy(&result, &value, sizeof result);
  return result;
}

// exp for x <= 0, relative error below 3e-7: 2^n times a polynomial on [-0.5, 0.5].
inline float exp_negative(float x) {
  x = x < -87.0f ? -87.0f : x;
  const float scaled = x * 1.44269504f;
  const int32_t whole = static_cast<int32_t>(scaled - 0.5f);
  const float rest = (scaled - static_cast<float>(whole)) * 0.69314718f;
  float series = 1.0f / 5040.0f;
  series = series * rest + 1.0f / 720.0f;
  series = series * rest + 1.0f / 120.0f;
  series = series * rest + 1.0f / 24.0f;
  series = series * rest + 1.0f / 6.0f;
  series = series * rest + 0.5f;
  series = series * rest + 1.0f;
  series = series * rest + 1.0f;
  return series * bits((whole + 127) << 23);
}

// GELU by erf, Abramowitz and Stegun 7.1.26: at most 1.5e-7 off in erf.
inline float gelu(float x) {
  const float z = std::fabs(x) * 0.70710678f;
  const float t = 1.0f / (1.0f + 0.3275911f * z);
  float tail = 1.061405429f;
  tail = tail * t - 1.453152027f;
  tail = tail * t + 1.421413741f;
  tail = tail * t - 0.284496736f;
  tail = tail * t + 0.254829592f;
  tail = tail * t * exp_negative(-z * z);
  return 0.5f * x * (x < 0.0f ? tail : 2.0f - tail);
}

// x * sigmoid(k), from exp of -|k| alone.
inline float gated(float x, float k) {
  const float e = exp_negative(-std::fabs(k));
  return x * (k < 0.0f ? e : 1.0f) / (1.0f + e);
}

inline float gelu_tanh(float x) { return gated(x, 1.59576912f * (x + 0.044715f * x * x * x)); }
inline float quick_gelu(float x) { return gated(x, 1.702f * x); }
inline float relu(float x) { return x > 0.0f ? x : 0.0f; }

// Sizes are compared as whole numbers, which order them alike, are vectorized, and keep a NaN the largest.
inline int32_t larger(int32_t most, float value) {
  const int32_t size = bits(value) & 0x7FFFFFFF;
  return size > most ? size : most;
}

inline float largest(const float* x, int64_t width) {
  int32_t most = 0;
  VECTOR for (int64_t i = 0; i < width; ++i) most = larger(most, x[i]);
  return bits(most);
}

inline void quantize_row(const float* x, int64_t width, uint8_t* q, float* scale) {
  const float most = largest(x, width);
  const float by = most > 0.0f ? 127.0f / most : 0.0f;
  *scale = most / 127.0f;
  VECTOR for (int64_t i = 0; i < width; ++i) q[i] = static_cast<uint8_t>(static_cast<int32_t>(x[i] * by + 128.5f));
}

template <float (*activation)(float)>
void activate_rows(float* y, const float* scales, const float* bias, uint8_t* q, float* q_scales, int64_t rows,
                   int64_t width) {
#pragma omp parallel for schedule(static) if (rows * width > LEAST_VALUES)
  for (int64_t row = 0; row < rows; ++row) {
    float* x = y + row * width;
    const float scale = scales[row];
    VECTOR for (int64_t i = 0; i < width; ++i) x[i] = activation(x[i] * scale + bias[i]);
    quantize_row(x, width, q + row * width, q_scales + row);
  }
}

}  // namespace

#if defined(_WIN32)
#define EXPORT extern "C" __declspec(dllexport)
#else
#define EXPORT extern "C" __attribute__((visibility("default")))
#endif

EXPORT void quantize(const float* x, uint8_t* q, float* q_scales, int64_t rows, int64_t width) {
#pragma omp parallel for schedule(static) if (rows * width > LEAST_VALUES)
  for (int64_t row = 0; row < rows; ++row) quantize_row(x + row * width, width, q + row * width, q_scales + row);
}

// y = y * scale of the row + bias, in place.
EXPORT void restore(float* y, const float* scales, const float* bias, int64_t rows, int64_t width) {
#pragma omp parallel for schedule(static) if (rows * width > LEAST_VALUES)
  for (int64_t row = 0; row < rows; ++row) {
    float* x = y + row * width;
    const float scale = scales[row];
    VECTOR for (int64_t i = 0; i < width; ++i) x[i] = x[i] * scale + bias[i];
  }
}

// The activation of y * scale + bias, quantized. y is used up. 0: gelu, 1: gelu by tanh, 2: relu, 3: quick gelu.
EXPORT void activate_quantize(float* y, const float* scales, const float* bias, uint8_t* q, float* q_scales,
                              int64_t rows, int64_t width, int32_t activation) {
  if (activation == 0) return activate_rows<gelu>(y, scales, bias, q, q_scales, rows, width);
  if (activation == 1) return activate_rows<gelu_tanh>(y, scales, bias, q, q_scales, rows, width);
  if (activation == 2) return activate_rows<relu>(y, scales, bias, q, q_scales, rows, width);
  return activate_rows<quick_gelu>(y, scales, bias, q, q_scales, rows, width);
}

// sum = y * scale + bias + residual; normed = its layer norm; q = normed, quantized. Rows of y become the sums.
EXPORT void norm_quantize(float* y, const float* scales, const float* bias, const float* residual, const float* gamma,
                          const float* beta, float epsilon, float* normed, uint8_t* q, float* q_scales, int64_t rows,
                          int64_t width) {
#pragma omp parallel for schedule(static) if (rows * width > LEAST_VALUES)
  for (int64_t row = 0; row < rows; ++row) {
    float* x = y + row * width;
    float* n = normed + row * width;
    const float* r = residual + row * width;
    const float scale = scales[row];
    float total = 0.0f;
    VECTOR for (int64_t i = 0; i < width; ++i) {
      x[i] = x[i] * scale + bias[i] + r[i];
      total += x[i];
    }
    const float mean = total / static_cast<float>(width);
    float squares = 0.0f;
    VECTOR for (int64_t i = 0; i < width; ++i) squares += (x[i] - mean) * (x[i] - mean);
    const float by = 1.0f / std::sqrt(squares / static_cast<float>(width) + epsilon);
    VECTOR for (int64_t i = 0; i < width; ++i) n[i] = (x[i] - mean) * by * gamma[i] + beta[i];
    quantize_row(n, width, q + row * width, q_scales + row);
  }
}
