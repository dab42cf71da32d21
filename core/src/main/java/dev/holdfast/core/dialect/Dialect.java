package dev.holdfast.core.dialect;

import dev.holdfast.core.frame.FrameDecoder;
import dev.holdfast.core.frame.FrameLimits;

/**
 * One provider protocol, as far as its responses go. Stateless and thread-safe; readers and
 * decoders are made per attempt.
 */
public interface Dialect {
  /** {@return the stable id, for example {@code openai-chat}} */
  String id();

  /** {@return a decoder for one response body} */
  FrameDecoder newDecoder(FrameLimits limits);

  /** {@return a reader for one response body} */
  DialectReader newReader(CompletionPolicy completion);
}
