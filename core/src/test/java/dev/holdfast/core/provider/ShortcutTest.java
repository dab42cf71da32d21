package dev.holdfast.core.provider;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.dialect.DialectReader;
import dev.holdfast.core.dialect.Wire;
import dev.holdfast.core.frame.Frame;
import dev.holdfast.core.provider.shared.DeltaFastPath;
import dev.holdfast.core.provider.shared.Template;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.TokenUsage;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Frames read by their shape give exactly the events that parsing them gives. */
class ShortcutTest {
  /** The same in every build: what another seed finds is for who looks for it. */
  private static final long SEED = 1;

  private static final int ROUNDS = 400;
  private static final int DAMAGED_ROUNDS = 20;

  private static final String[] PIECES = {
    "a",
    " the",
    "",
    "é",
    "漢字",
    "😀",
    "\\n",
    "\\\"",
    "\\\\",
    "\\/",
    "\\u00e9",
    "\\ud83d",
    "\\ude00",
    "\\ud83d\\ude00",
    "}",
    "]",
    "data: ",
    "\\t\\b\\f\\r",
    " ",
    "\\u0000",
    "x".repeat(40),
    "'",
    "<"
  };

  private static final String[] DAMAGE = {
    "\\", "\\u12", "\\x", "\u0001", "\t", "\"", "\",\"content\":\"", "}", "{", "\\u00g0", "\ufffd"
  };

  @ParameterizedTest
  @ValueSource(
      strings = {
        "openai-chat",
        "anthropic-messages",
        "openai-responses",
        "cohere-v2",
        "ollama-chat",
        "bedrock-converse",
        "gemini-sse",
        "gemini-interactions"
      })
  void readsMutatedFramesAsTheParserDoes(String dialect) {
    long seed = Long.getLong("holdfast.seed", SEED);
    var random = new SplittableRandom(seed);
    String replay = "replay: ./mvnw -pl core test -Dtest=ShortcutTest -Dholdfast.seed=" + seed;
    for (int round = 0; round < ROUNDS; round++) {
      var frames = frames(dialect, random);
      byte[] bytes = frames.getBytes(StandardCharsets.UTF_8);
      if (random.nextInt(4) == 0) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
      var quick = Wire.reader(dialect);
      var plain = Wire.plainReader(dialect);
      int chunk = 1 + random.nextInt(bytes.length);
      Wire.feed(
          bytes,
          bytes.length,
          chunk,
          true,
          frame ->
              assertThat(events(quick, frame))
                  .as("%s%n%s", frame.data(), replay)
                  .isEqualTo(events(plain, frame)));
      assertThat(quick.proof()).as(replay).isEqualTo(plain.proof());
    }
  }

  @Test
  void readsDamagedBodiesAsTheParserDoesAndNeverThrows() {
    long seed = Long.getLong("holdfast.seed", SEED);
    var random = new SplittableRandom(seed);
    String replay = "replay: ./mvnw -pl core test -Dtest=ShortcutTest -Dholdfast.seed=" + seed;
    for (var body : Wire.fixtures()) {
      for (int round = 0; round < DAMAGED_ROUNDS; round++) {
        byte[] bytes = damaged(body.bytes(), random);
        // Any body may be fed to any reader: operators name the wrong dialect.
        String dialect = Dialects.ids().get(random.nextInt(Dialects.ids().size()));
        int chunk = 1 + random.nextInt(bytes.length + 1);
        assertThat(Wire.read(dialect, Wire.reader(dialect), bytes, bytes.length, chunk))
            .as("%s read as %s, %s", body, dialect, replay)
            .isEqualTo(
                Wire.read(
                    dialect, Wire.plainReader(dialect), bytes, bytes.length, bytes.length + 1));
      }
    }
  }

  /** Found by fuzzing: the shape of its first frame made the next one's member a reasoning. */
  @Test
  void aMemberWithoutANameIsNoText() {
    String frame = "data: {\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"\":\"x\"}}]}\n\n";
    byte[] bytes = (frame + frame + frame).getBytes(StandardCharsets.UTF_8);

    var quick = Wire.read("openai-chat", Wire.reader("openai-chat"), bytes, bytes.length, 7);

    assertThat(quick.events()).noneMatch(StreamEvent::isContent);
    assertThat(quick)
        .isEqualTo(
            Wire.read("openai-chat", Wire.plainReader("openai-chat"), bytes, bytes.length, 7));
  }

  /** What a frame is may depend on frames that came since its shape was learned. */
  @ParameterizedTest
  @CsvSource({"openai-chat, 120000", "ollama-chat, 60000", "gemini-sse, 120000"})
  void readsInterleavedAnswersAsTheParserDoes(String dialect, int frames) {
    long seed = Long.getLong("holdfast.seed", SEED);
    var random = new SplittableRandom(seed);
    String replay = "replay: ./mvnw -pl core test -Dtest=ShortcutTest -Dholdfast.seed=" + seed;
    for (int round = 0; round < frames / 12; round++) {
      var body = new StringBuilder();
      for (int i = 0; i < 12; i++) {
        body.append(ofSome(dialect, random));
      }
      byte[] bytes = body.toString().getBytes(StandardCharsets.UTF_8);
      assertThat(Wire.read(dialect, Wire.reader(dialect), bytes, bytes.length, bytes.length))
          .as("%s%n%s", body, replay)
          .isEqualTo(
              Wire.read(dialect, Wire.plainReader(dialect), bytes, bytes.length, bytes.length));
    }
  }

  /** {@return a frame of one of two answers, models and roles, with a text or without} */
  private static String ofSome(String dialect, SplittableRandom random) {
    String id = random.nextInt(4) == 0 ? "" : "\"id\":\"%d\",".formatted(random.nextInt(2));
    String model = random.nextInt(4) == 0 ? "" : "\"model\":\"m%d\",".formatted(random.nextInt(2));
    String role = random.nextInt(3) == 0 ? "\"role\":\"assistant\"," : "";
    String text = random.nextInt(4) == 0 ? "" : "a";
    if (dialect.equals("gemini-sse")) {
      return "data: {%s%s\"candidates\":[{%s\"content\":{\"parts\":[{%s\"text\":\"%s\"}]}}]}\n\n"
          .formatted(
              id.replace("id", "responseId"),
              model.replace("model", "modelVersion"),
              random.nextInt(6) == 0 ? "\"finishReason\":\"STOP\"," : "",
              random.nextInt(3) == 0 ? "\"thought\":true," : "",
              text);
    }
    return dialect.equals("ollama-chat")
        ? "{%s\"message\":{%s\"content\":\"%s\"}}\n".formatted(model, role, text)
        : "data: {%s%s\"choices\":[{\"index\":0,\"delta\":{%s\"content\":\"%s\"}}]}\n\n"
            .formatted(id, model, role, text);
  }

  private static byte[] damaged(byte[] bytes, SplittableRandom random) {
    var out = new ByteArrayOutputStream();
    int from = 0;
    for (int i = random.nextInt(4); i > 0 && from < bytes.length; i--) {
      int to = from + random.nextInt(bytes.length - from);
      out.write(bytes, from, to - from);
      switch (random.nextInt(4)) {
        case 0 -> out.write(random.nextInt(256));
        case 1 -> out.writeBytes(pick(DAMAGE, random).getBytes(StandardCharsets.UTF_8));
        case 2 -> out.write(bytes, 0, random.nextInt(bytes.length));
        default -> to = Math.min(bytes.length, to + random.nextInt(20));
      }
      from = to;
    }
    out.write(bytes, from, bytes.length - from);
    return out.toByteArray();
  }

  private static List<StreamEvent> events(DialectReader reader, Frame frame) {
    var events = new ArrayList<StreamEvent>();
    reader.read(frame, events::add);
    return events;
  }

  private static String frames(String dialect, SplittableRandom random) {
    var out = new StringBuilder();
    String template = shape(dialect, random);
    int count = 3 + random.nextInt(30);
    for (int i = 0; i < count; i++) {
      if (random.nextInt(12) == 0) {
        template = shape(dialect, random);
      }
      String frame =
          template
              .replace("@", literal(random))
              .replace("#", number(i, random))
              .replace("%", "pad".repeat(random.nextInt(3)))
              .replace("~", " ".repeat(random.nextInt(4)));
      if (random.nextInt(15) == 0) {
        int at = random.nextInt(frame.length());
        frame = frame.substring(0, at) + pick(DAMAGE, random) + frame.substring(at);
      } else if (random.nextInt(20) == 0) {
        int at = random.nextInt(frame.length());
        frame = frame.substring(0, at) + frame.substring(at + 1);
      }
      String type = TYPES.getOrDefault(dialect, "");
      if (!type.isEmpty() && random.nextInt(30) != 0) {
        out.append("event: ").append(type).append('\n');
      }
      out.append("data: ").append(frame).append("\n\n");
      if (random.nextInt(25) == 0) {
        out.append(": alive\n\n");
      }
    }
    return out.toString();
  }

  private static String literal(SplittableRandom random) {
    var text = new StringBuilder();
    for (int i = random.nextInt(4); i >= 0; i--) {
      text.append(pick(PIECES, random));
    }
    return text.toString();
  }

  /** The next number as a rule, and now and then whatever may stand in its place. */
  private static String number(int next, SplittableRandom random) {
    return random.nextInt(12) == 0 ? pick(NUMBERS, random) : Integer.toString(next);
  }

  private static String shape(String dialect, SplittableRandom random) {
    return pick(Objects.requireNonNull(SHAPES.get(dialect)), random);
  }

  private static final Map<String, String> TYPES =
      Map.of(
          "anthropic-messages", "content_block_delta",
          "bedrock-converse", "contentBlockDelta");

  private static final String[] NUMBERS = {
    "0", "00", "01", "-1", "-0", "1.0", "1e3", "1E400", "999999999999999999", "1000000000000000000",
    "9223372036854775808", "\"3\"", "null", "true", "", "١", "1 ", " 1", "+1", "0x1"
  };

  private static final Map<String, String[]> SHAPES =
      Map.of(
          "openai-chat",
              new String[] {
                "{\"id\":\"1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"@\"},"
                    + "\"logprobs\":null,\"finish_reason\":null}],\"usage\":null,"
                    + "\"obfuscation\":\"%\"}",
                "{\"id\":\"1\",\"choices\":[{\"index\":1,\"delta\":{\"content\":\"@\"}}]~}",
                "{\"p\":\"%\",\"choices\":[{\"index\":0,\"text\":\"@\",\"delta\":{\"content\":\"@\"}}]}",
                "{\"choices\":[{\"index\":0,\"delta\":{\"reasoning_content\":\"@\",\"content\":null}}]}",
                "{\"choices\":[{\"index\":0,\"delta\":{\"reasoning\":\"@\",\"content\":\"\"}}]}",
                "{\"choices\":[{\"delta\":{\"reasoning\":\"@\",\"reasoning_content\":\"@\"}}]}",
                "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"@\",\"refusal\":\"@\"}}]}",
                "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"@\"}}],\"usage\":{\"x\":1}}",
                "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\",\"content\":\"@\"}}]}",
                "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"@\"}}],\"choices\":[]}",
                "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"@\"},\"finish_reason\":\"stop\"}]}",
                "{\"choices\":[{\"index\":0,\"delta\":{\"content\":[{\"type\":\"text\",\"text\":\"@\"}]}}]}",
                "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"@\"}},{\"index\":1}]}",
                "{\"error\":\"@\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"@\"}}]}",
                "{\"obfuscation\":{\"obfuscation\":\"%\"},\"choices\":[{\"delta\":{\"content\":\"@\"}}]}",
                "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"@\"}}],\"usage\":{"
                    + "\"prompt_tokens\":#,\"details\":{\"completion_tokens\":#,\"cost\":1.5},"
                    + "\"completion_tokens\": #}}",
                "{\"usage\":{\"completion_tokens\":#},\"choices\":[{\"index\":0,"
                    + "\"delta\":{\"reasoning\":\"@\"}}],\"timings\":{\"prompt_n\":#}}",
              },
          "anthropic-messages",
              new String[] {
                "{\"type\":\"content_block_delta\",\"index\":0,"
                    + "\"delta\":{\"type\":\"text_delta\",\"text\":\"@\"}~}",
                "{\"type\":\"content_block_delta\",\"index\":1,"
                    + "\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"@\"}~}",
                "{\"type\":\"content_block_delta\",\"index\":0,"
                    + "\"delta\":{\"type\":\"text_delta\",\"text\":\"@\",\"text\":\"@\"}}",
                "{\"type\":\"@\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"@\"}}",
                "{\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"@\"}}",
                "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"@\"}}",
                "{\"type\":\"content_block_start\",\"index\":0,"
                    + "\"content_block\":{\"type\":\"text\",\"text\":\"@\"}}",
                "{\"type\":\"message_stop\"}",
              },
          "openai-responses",
              new String[] {
                "{\"type\":\"response.output_text.delta\",\"item_id\":\"m\",\"output_index\":0,"
                    + "\"delta\":\"@\",\"logprobs\":[],\"sequence_number\":#,\"obfuscation\":\"%\"}",
                "{\"sequence_number\":#,\"type\":\"response.reasoning_text.delta\",\"delta\":\"@\"~}",
                "{\"type\":\"response.reasoning_summary_text.delta\",\"delta\":\"@\"}",
                "{\"type\":\"response.refusal.delta\",\"delta\":\"@\",\"sequence_number\":#}",
                "{\"type\":\"response.output_text.delta\",\"delta\":\"@\",\"obfuscation\":#}",
                "{\"type\":\"response.output_text.delta\",\"delta\":\"@\",\"sequence_number\":#,"
                    + "\"sequence_number\":#}",
                "{\"type\":\"response.output_text.delta\",\"delta\":\"@\",\"x\":{\"sequence_number\":#}}",
                "{\"type\":\"response.output_text.delta\",\"delta\":\"@\",\"error\":\"%\"}",
                "{\"type\":\"response.output_text.delta\",\"delta\":\"@\",\"response\":{\"id\":\"@\"}}",
                "{\"type\":\"response.function_call_arguments.delta\",\"output_index\":#,"
                    + "\"delta\":\"@\"}",
                "{\"type\":\"@\",\"delta\":\"@\"}",
              },
          "cohere-v2",
              new String[] {
                "{\"type\":\"content-delta\",\"index\":0,"
                    + "\"delta\":{\"message\":{\"content\":{\"text\":\"@\"}}}}",
                "{\"type\":\"content-delta\",\"index\":#,"
                    + "\"delta\":{\"message\":{\"content\":{\"thinking\":\"@\"}}}~}",
                "{\"type\":\"content-delta\","
                    + "\"delta\":{\"message\":{\"content\":{\"text\":\"@\",\"thinking\":\"%\"}}}}",
                "{\"type\":\"content-start\","
                    + "\"delta\":{\"message\":{\"content\":{\"text\":\"@\",\"text\":\"%\"}}}}",
                "{\"type\":\"tool-plan-delta\",\"delta\":{\"message\":{\"tool_plan\":\"@\"}}}",
                "{\"type\":\"content-delta\",\"error\":\"%\","
                    + "\"delta\":{\"message\":{\"content\":{\"text\":\"@\"}}}}",
                "{\"type\":\"message-start\",\"id\":\"@\"}",
                "{\"type\":\"message-end\",\"delta\":{\"finish_reason\":\"@\"}}",
              },
          "ollama-chat",
              new String[] {
                "{\"model\":\"m\",\"created_at\":\"%\","
                    + "\"message\":{\"role\":\"assistant\",\"content\":\"@\"},\"done\":false}",
                "{\"model\":\"m\",\"created_at\":\"%\",\"response\":\"@\",\"done\":false~}",
                "{\"model\":\"m\",\"created_at\":#,\"response\":\"@\",\"message\":{\"content\":\"%\"}}",
                "{\"model\":\"m\",\"message\":{\"content\":\"@\",\"thinking\":\"%\"}}",
                "{\"model\":\"m\",\"message\":{\"content\":\"\",\"thinking\":\"@\"}}",
                "{\"model\":\"m\",\"message\":{\"content\":\"@\",\"tool_calls\":[]}}",
                "{\"model\":\"m\",\"message\":{\"content\":\"@\",\"images\":[#]}}",
                "{\"model\":\"m\",\"error\":\"%\",\"message\":{\"content\":\"@\"}}",
                "{\"model\":\"m\",\"message\":{\"content\":\"@\"},\"done\":true,\"eval_count\":#}",
              },
          "gemini-sse",
              new String[] {
                "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"@\"}],\"role\":\"model\"},"
                    + "\"index\":0}],\"usageMetadata\":{\"promptTokenCount\":12,"
                    + "\"candidatesTokenCount\":#,\"totalTokenCount\":#,\"promptTokensDetails\":["
                    + "{\"modality\":\"TEXT\",\"tokenCount\":#}]},\"responseId\":\"r\"}",
                "{\"candidates\": [{\"content\": {\"parts\": [{\"text\": \"@\", \"thought\": true}]}}],"
                    + " \"usageMetadata\": {\"thoughtsTokenCount\": #, \"promptTokenCount\": #}~}",
                "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"@\"}]}}]}",
                "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"@\"}]},\"index\":1}],"
                    + "\"usageMetadata\":{\"candidatesTokenCount\":#},\"usageMetadata\":{}}",
                "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"@\"}]}}],"
                    + "\"usageMetadata\":{\"candidatesTokenCount\":#,\"candidatesTokenCount\":#}}",
                "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"@\"},{\"text\":\"%\"}]}}]}",
                "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"@\"}]}}],"
                    + "\"usageMetadata\":[#]}",
                "{\"response\":{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"@\"}]}}]}}",
                "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"@\"}]},\"index\":0,"
                    + "\"finishReason\":\"STOP\"}],\"usageMetadata\":{\"candidatesTokenCount\":#}}",
                "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"@\"}]},"
                    + "\"groundingMetadata\":{\"a\":\"%\"}}],\"usageMetadata\":{\"promptTokenCount\":#}}",
                "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"@\"}]}}],"
                    + "\"promptFeedback\":{\"blockReason\":\"%\"}}",
                "{\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{\"name\":\"@\","
                    + "\"args\":{\"a\":#}}}]}}],\"usageMetadata\":{\"promptTokenCount\":#}}",
              },
          "gemini-interactions",
              new String[] {
                "{\"index\":0,\"delta\":{\"type\":\"text\",\"text\":\"@\"},"
                    + "\"event_type\":\"step.delta\"}",
                "{\"index\":#,\"delta\":{\"text\":\"@\",\"type\":\"text\"},"
                    + "\"event_type\":\"content.delta\"~}",
                "{\"delta\":{\"type\":\"text\",\"text\":\"@\"},\"event_type\":\"step.delta\","
                    + "\"event_id\":\"e#\"}",
                "{\"delta\":{\"type\":\"text\",\"text\":\"@\",\"text\":\"%\"},"
                    + "\"event_type\":\"step.delta\"}",
                "{\"delta\":{\"type\":\"@\",\"text\":\"@\"},\"event_type\":\"step.delta\"}",
                "{\"delta\":{\"type\":\"text\",\"text\":\"@\"},\"event_type\":\"@\"}",
                "{\"delta\":{\"type\":\"thought_summary\",\"content\":{\"text\":\"@\"}},"
                    + "\"event_type\":\"step.delta\"}",
                "{\"delta\":{\"type\":\"text\",\"text\":\"@\"},\"event_type\":\"step.delta\","
                    + "\"interaction\":{\"id\":\"@\"},\"error\":\"%\"}",
                "{\"delta\":{\"type\":\"arguments_delta\",\"arguments\":\"@\"},\"index\":#,"
                    + "\"event_type\":\"step.delta\"}",
                "{\"interaction\":{\"id\":\"@\",\"status\":\"completed\",\"outputs\":["
                    + "{\"type\":\"text\",\"text\":\"@\"}]},\"event_type\":\"interaction.completed\"}",
              },
          "bedrock-converse",
              new String[] {
                "{\"contentBlockIndex\":0,\"delta\":{\"text\":\"@\"},\"p\":\"%\"}",
                "{\"contentBlockIndex\":#,\"delta\":{\"text\":\"@\"}}",
                "{\"delta\":{\"reasoningContent\":{\"text\":\"@\"}},\"p\":\"%\"}",
                "{\"delta\":{\"text\":\"@\",\"citation\":\"%\"}}",
                "{\"delta\":{\"text\":\"@\"},\"delta\":{\"text\":\"%\"}}",
                "{\"delta\":{\"toolUse\":{\"input\":\"@\"}},\"contentBlockIndex\":#}",
              });

  private static String pick(String[] from, SplittableRandom random) {
    return from[random.nextInt(from.length)];
  }

  @Test
  void aDeltaFitsTheShapeOfTheOneBefore() {
    var shape = shapeOf("{\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"obfuscation\":\"xy\"}");
    assertThat(
            shape.textOf(
                Frame.event(
                    "message",
                    "{\"choices\":[{\"delta\":{\"content\":\"\\u00e9\\n漢\"}}],"
                        + "\"obfuscation\":\"\"  }")))
        .isEqualTo("é\n漢");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"choices\":[{\"delta\":{\"content\":\"b\"}}],\"obfuscation\":\"x\"}}",
        "{\"choices\":[{\"delta\":{\"content\":\"b\\q\"}}],\"obfuscation\":\"x\"}",
        "{\"choices\":[{\"delta\":{\"content\":\"b\"}}],\"obfuscation\":\"\\u12\"}",
        "{\"choices\":[{\"delta\":{\"content\":\"b\u0001\"}}],\"obfuscation\":\"x\"}",
        "{\"choices\":[{\"delta\":{\"content\":\"b\"}}],\"obfuscation\":\"x",
        "{\"choices\":[{\"delta\":{\"content\":null}}],\"obfuscation\":\"x\"}",
        "{\"choices\":[{\"delta\":{\"content\":\"b\"}}]}",
        "{",
      })
  void everyOtherDifferenceIsForTheParser(String json) {
    var shape = shapeOf("{\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"obfuscation\":\"xy\"}");
    assertThat(shape.textOf(Frame.event("message", json))).isNull();
  }

  @Test
  void anotherEventTypeDoesNotFit() {
    String json = "{\"choices\":[{\"delta\":{\"content\":\"a\"}}]}";
    assertThat(shapeOf(json).textOf(Frame.event("error", json))).isNull();
  }

  @Test
  void theNumberOfAShapeIsRead() {
    var shape =
        Objects.requireNonNull(
            Template.learn(
                Frame.event("message", "{\"n\":7,\"delta\":\"a\",\"m\":7}"),
                new DeltaFastPath.Shape(List.of("delta"), List.of(), List.of("n"), "a", NOWHERE)));
    assertThat(shape.textOf(Frame.event("message", "{\"n\":42,\"delta\":\"b\",\"m\":7}")))
        .isEqualTo("b");
    assertThat(shape.number()).isEqualTo(42);
    for (String other : List.of("042", "-1", "4.2", "4e2", "", "1234567890123456789", "\"4\"")) {
      String json = "{\"n\":" + other + ",\"delta\":\"b\",\"m\":7}";
      assertThat(shape.textOf(Frame.event("message", json))).as(json).isNull();
    }
    assertThat(shape.textOf(Frame.event("message", "{\"n\":7,\"delta\":\"b\",\"m\":8}"))).isNull();
  }

  /** What a usage has between its numbers is repeated to the letter. */
  @Test
  void theCountsOfAUsageAreRead() {
    String usage = "{ \"in\": 7, \"more\": [{\"out\": 1, \"of\": \"T\\u0045XT\"}], \"out\": 2}";
    var reading =
        new DeltaFastPath.Usage(
            List.of("usage"),
            true,
            TokenUsage.of(7, 2, "{\"in\":7,\"more\":[{\"out\":1,\"of\":\"TEXT\"}],\"out\":2}"),
            counts -> TokenUsage.of(counts.count("in", -1), counts.count("out", -1), counts.raw()));
    var shape = new DeltaFastPath.Shape(List.of("delta"), "a", NOWHERE).with(reading);
    var learned =
        Objects.requireNonNull(
            Template.learn(
                Frame.event("message", "{\"delta\":\"a\",\"usage\":" + usage + "}"), shape));
    String other = usage.replace("7", "12").replace("1,", "30,").replace("2}", "405}");
    assertThat(learned.textOf(Frame.event("message", "{\"delta\":\"b\",\"usage\":" + other + "}")))
        .isEqualTo("b");
    assertThat(reading.reading().of(learned.counts()))
        .isEqualTo(
            TokenUsage.of(
                12, 405, "{\"in\":12,\"more\":[{\"out\":30,\"of\":\"TEXT\"}],\"out\":405}"));
  }

  private static Template shapeOf(String json) {
    return Objects.requireNonNull(
        Template.learn(
            Frame.event("message", json),
            new DeltaFastPath.Shape(
                List.of("choices", "*", "delta", "content"),
                List.of(List.of("obfuscation")),
                List.of(),
                "a",
                NOWHERE)));
  }

  private static final DeltaFastPath.Outlet NOWHERE = (text, number, out) -> {};
}
