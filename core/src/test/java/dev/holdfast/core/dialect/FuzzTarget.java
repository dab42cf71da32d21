package dev.holdfast.core.dialect;

import dev.holdfast.core.frame.AwsEventStreamDecoder;
import dev.holdfast.core.frame.FrameDecoder;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.frame.JsonArrayDecoder;
import dev.holdfast.core.frame.LineDecoder;
import dev.holdfast.core.frame.SseDecoder;
import dev.holdfast.core.provider.Dialects;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Something that is fuzzed.
 *
 * @param id its name as files and commands write it
 * @param seeds the dialects whose fixtures fuzzing starts from; the second one is the variant
 * @param claim what holds for every input; throws where it does not
 */
record FuzzTarget(String id, List<String> seeds, Consumer<FuzzInput> claim) {
  /** Every decoder, every reader, and what tells errors and dialects. */
  static final List<FuzzTarget> ALL =
      List.of(
          frames("frames-sse", SseDecoder::new, "openai-chat", "dashscope-cumulative"),
          frames("frames-lines", LineDecoder::new, "ollama-chat"),
          frames("frames-array", JsonArrayDecoder::new, "gemini-json-array"),
          frames("frames-aws", AwsEventStreamDecoder::new, "bedrock-converse"),
          reader("openai-chat", "openai-completions"),
          reader("openai-responses"),
          reader("anthropic-messages"),
          reader("cohere-v2"),
          reader("ollama-chat", "ollama-generate"),
          reader("llama-completion"),
          reader("tgi-native"),
          reader("dashscope-cumulative", "dashscope-incremental"),
          reader("bedrock-converse"),
          reader("bedrock-invoke"),
          reader("gemini-sse"),
          reader("gemini-json-array"),
          reader("gemini-interactions"),
          new FuzzTarget("http-errors", Dialects.ids(), FuzzClaims::classifies),
          new FuzzTarget("detector", Dialects.ids(), FuzzClaims::detects));

  private static FuzzTarget frames(
      String id, Function<FrameLimits, FrameDecoder> decoder, String... seeds) {
    return new FuzzTarget(id, List.of(seeds), input -> FuzzClaims.frames(input, decoder));
  }

  /** Dialects that share a reader share a target. */
  private static FuzzTarget reader(String... dialects) {
    return new FuzzTarget(
        dialects[0],
        List.of(dialects),
        input -> FuzzClaims.reads(input, dialects[input.variant() ? dialects.length - 1 : 0]));
  }

  static FuzzTarget byId(String id) {
    return ALL.stream()
        .filter(target -> target.id().equals(id))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                "target: must be one of %s, was '%s'"
                    .formatted(ALL.stream().map(FuzzTarget::id).toList(), id)));
  }

  /** {@return where what fuzzing found is kept} */
  Path corpus() {
    return Path.of(System.getProperty("holdfast.root", ".")).resolve("fixtures/fuzz").resolve(id);
  }

  /** {@return the synthetic bodies that fuzzing starts from} */
  List<byte[]> inputs() {
    var inputs = new ArrayList<byte[]>();
    for (var body : Wire.fixtures()) {
      int at = seeds.indexOf(body.dialect());
      if (at >= 0) {
        inputs.add(FuzzInput.plain(body.bytes(), at == 1));
      }
    }
    return inputs;
  }

  /** Feeds one input in every way; throws where the claim does not hold. */
  void feed(byte[] input) {
    claim.accept(FuzzInput.of(input));
  }

  /** Feeds one input in two ways, of which its bytes choose one; throws as {@link #feed}. */
  void feedDrawn(byte[] input) {
    claim.accept(FuzzInput.drawn(input));
  }

  @Override
  public String toString() {
    return id;
  }
}
