package dev.holdfast.core.provider;

import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.dialect.Dialect;
import dev.holdfast.core.dialect.DialectReader;
import dev.holdfast.core.frame.FrameDecoder;
import dev.holdfast.core.frame.FrameLimits;
import java.util.function.Function;

/**
 * A protocol that is read and not spoken: all that differs from another one is how its body is cut
 * into frames and how its frames are read.
 *
 * @param id its name
 * @param decoder makes a decoder for one body
 * @param reader makes a reader for one answer
 */
record ReadOnlyDialect(
    String id,
    Function<FrameLimits, FrameDecoder> decoder,
    Function<CompletionPolicy, DialectReader> reader)
    implements Dialect {
  @Override
  public FrameDecoder newDecoder(FrameLimits limits) {
    return decoder.apply(limits);
  }

  @Override
  public DialectReader newReader(CompletionPolicy completion) {
    return reader.apply(completion);
  }
}
