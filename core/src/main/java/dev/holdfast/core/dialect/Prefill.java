package dev.holdfast.core.dialect;

/** How a provider spells "continue this assistant message". */
public enum Prefill {
  /** A trailing assistant message without more: Claude up to 4.5, llama.cpp. */
  PLAIN,
  /** {@code "prefix": true} on the message: DeepSeek, Mistral. */
  PREFIX_TRUE,
  /** {@code "partial": true} on the message: Kimi, Qwen. */
  PARTIAL_TRUE
}
