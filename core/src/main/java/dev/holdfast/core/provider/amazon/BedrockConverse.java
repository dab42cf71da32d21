package dev.holdfast.core.provider.amazon;

import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.dialect.Dialect;
import dev.holdfast.core.dialect.DialectReader;
import dev.holdfast.core.frame.AwsEventStreamDecoder;
import dev.holdfast.core.frame.FrameDecoder;
import dev.holdfast.core.frame.FrameLimits;

/** Amazon Bedrock's ConverseStream: one vocabulary over all models. */
public final class BedrockConverse implements Dialect {
  @Override
  public String id() {
    return "bedrock-converse";
  }

  @Override
  public FrameDecoder newDecoder(FrameLimits limits) {
    return new AwsEventStreamDecoder(limits);
  }

  @Override
  public DialectReader newReader(CompletionPolicy completion) {
    return new BedrockConverseReader(completion);
  }
}
