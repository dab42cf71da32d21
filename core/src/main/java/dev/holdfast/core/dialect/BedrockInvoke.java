package dev.holdfast.core.dialect;

import dev.holdfast.core.frame.AwsEventStreamDecoder;
import dev.holdfast.core.frame.FrameDecoder;
import dev.holdfast.core.frame.FrameLimits;

/** Amazon Bedrock's InvokeModelWithResponseStream: each model's own stream, in envelopes. */
final class BedrockInvoke implements Dialect {
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
