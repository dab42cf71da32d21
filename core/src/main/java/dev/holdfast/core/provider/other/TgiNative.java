package dev.holdfast.core.provider.other;

import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.dialect.Dialect;
import dev.holdfast.core.dialect.DialectReader;
import dev.holdfast.core.frame.FrameDecoder;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.frame.SseDecoder;

/** The own protocol of Hugging Face's Text Generation Inference: {@code generate_stream}. */
public final class TgiNative implements Dialect {
  @Override
  public String id() {
    return "tgi-native";
  }

  @Override
  public FrameDecoder newDecoder(FrameLimits limits) {
    return new SseDecoder(limits);
  }

  @Override
  public DialectReader newReader(CompletionPolicy completion) {
    return new TgiNativeReader(completion);
  }
}
