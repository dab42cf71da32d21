package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.UiConfig;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.answer.AnswerPart;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.server.FaultServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The AI SDK's own {@code Chat}, {@code DefaultChatTransport} and {@code useChat}, of the versions
 * that are pinned in {@code integrations/ai-sdk}, against a gateway with a fault server after it.
 */
@Timeout(600)
@Tag("slow")
class AiSdkTest {
  private static final int TESTS = 12;

  @TempDir private Path directory;

  private static List<Fault> faults(String stream, int attempt) {
    return switch (stream.substring(0, stream.indexOf('-'))) {
      case "cut" -> attempt <= 2 ? Fault.parseAll("cut-fin@event=" + 9 * attempt) : List.of();
      case "broken" -> Fault.parseAll("cut-fin@event=5");
      case "slow" -> Fault.parseAll("slow@delay=20ms");
      case "endless" -> Fault.parseAll("stall@event=9,for=1h");
      case "refused" -> Fault.parseAll("status@code=400");
      default -> List.of();
    };
  }

  private static Answer answer(String question) {
    if (question.startsWith("tool")) {
      return new Answer(
          List.of(
              new AnswerPart.Token("I look it up."),
              new AnswerPart.Tool("call_1", "weather", List.of("{\"city\":", "\"Brest\"}"))));
    }
    var text = Answer.ofText(Rig.TEXT);
    return question.startsWith("think") ? text.withReasoning("Of the sea.") : text;
  }

  @ParameterizedTest
  @CsvSource({"6, OPENAI_CHAT", "7, OPENAI_CHAT", "7, ANTHROPIC_MESSAGES"})
  void theSdkReadsEachAnswerOnce(String version, Protocol protocol) throws Exception {
    var node = NodeProject.installed("ai-sdk");
    Script script = AiSdkTest::faults;
    var server = FaultServer.builder().answers(AiSdkTest::answer).script(script).start();
    String model = protocol == Protocol.OPENAI_CHAT ? "gpt-4.1-mini" : "claude-haiku-4-5";
    UnaryOperator<GatewayConfig> change =
        config ->
            JournalRig.journal(directory).apply(config).withUi(UiConfig.DEFAULT.withModel(model));
    try (var rig = new Rig(server, protocol, change)) {
      var output = node.directory().resolve("output-" + version + ".txt");
      int code =
          node.code(
              output,
              Map.of(
                  "HOLDFAST_URL",
                  rig.gateway.uri().toString(),
                  "AI_SDK",
                  version,
                  "ANSWER_TEXT",
                  Rig.TEXT),
              "node",
              "--test",
              "--test-reporter=tap",
              "chat.test.mjs");
      String text = Files.readString(output);
      assertThat(code).as(text).isZero();
      assertThat(text).contains("# pass " + TESTS + "\n", "# fail 0\n", "# skipped 0\n");
      var asked = new TreeMap<String, Integer>();
      var often = new ArrayList<String>();
      for (var request : rig.upstream.received()) {
        String stream = request.header("x-holdfast-stream");
        int times = asked.merge(stream, 1, Integer::sum);
        int most = stream.startsWith("cut") ? 3 : stream.startsWith("tool") ? 2 : 1;
        if (times > most && !stream.startsWith("broken")) {
          often.add(stream);
        }
      }
      assertThat(often).as("answers that were asked for again").isEmpty();
    }
  }
}
