package dev.holdfast.core.provider.amazon;

import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.dialect.Dialect;
import dev.holdfast.core.dialect.DialectReader;
import dev.holdfast.core.frame.AwsEventStreamDecoder;
import dev.holdfast.core.frame.FrameDecoder;
import dev.holdfast.core.frame.FrameLimits;

/** Amazon Bedrock's InvokeModelWithResponseStream: each model's own stream, in envelopes. */
public final class BedrockInvoke implements Dialect {
  @Override
  public String id() {
    return "bedrock-invoke";
  }

  @Override
  public FrameDecoder newDecoder(FrameLimits limits) {
    return new AwsEventStreamDecoder(limits);
  }

  @Override
  public DialectReader newReader(CompletionPolicy completion) {
    return new BedrockInvokeReader(completion);
  }
}
