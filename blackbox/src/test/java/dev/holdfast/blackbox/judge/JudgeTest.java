package dev.holdfast.blackbox.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.judge.ClientOutput;
import dev.holdfast.testkit.judge.CommandClient;
import dev.holdfast.testkit.judge.Judge;
import dev.holdfast.testkit.judge.JudgeFinding;
import dev.holdfast.testkit.judge.JudgedClient;
import dev.holdfast.testkit.judge.Judgement;
import dev.holdfast.testkit.judge.JudgementPage;
import dev.holdfast.testkit.judge.JudgementTable;
import dev.holdfast.testkit.judge.Ruling;
import dev.holdfast.testkit.judge.Run;
import dev.holdfast.testkit.judge.Task;
import dev.holdfast.testkit.judge.TrialCase;
import dev.holdfast.testkit.judge.TrialCases;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Judges clients whose faults are known. */
@Tag("slow")
class JudgeTest {
  private static final Protocol CHAT = Protocol.OPENAI_CHAT;
  private static final Pattern CONTENT = Pattern.compile("\"content\":\"((?:[^\"\\\\]|\\\\.)*)\"");

  private static List<TrialCase> cases(String... ids) {
    return TrialCases.of(CHAT).stream().filter(one -> Set.of(ids).contains(one.id())).toList();
  }

  private static Map<String, Set<JudgeFinding>> findings(JudgedClient client, String... ids)
      throws InterruptedException {
    return Judge.of("client", CHAT, client).cases(cases(ids)).lanes(4).judge().rulings().stream()
        .collect(Collectors.toMap(ruling -> ruling.trial().id(), Ruling::findings));
  }

  /** What people write in an afternoon: it reads lines until there are no more. */
  private static void naive(Task task, ClientOutput testimony) throws Exception {
    String body =
        """
        {"model":"m","stream":true,"messages":[{"role":"user","content":"%s"}]}\
        """
            .formatted(task.prompt());
    var request =
        HttpRequest.newBuilder(URI.create(task.baseUrl() + "/chat/completions"))
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    try (var http = HttpClient.newHttpClient()) {
      var response = http.send(request, HttpResponse.BodyHandlers.ofInputStream());
      try (var reader =
          new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
          Matcher content = CONTENT.matcher(line);
          if (line.startsWith("data: ") && content.find()) {
            testimony.text(content.group(1).translateEscapes());
          }
        }
      }
      if (response.statusCode() >= 400) {
        throw new IllegalStateException("status " + response.statusCode());
      }
    }
  }

  @Test
  void aNaiveClientIsFoundOut() throws InterruptedException {
    Map<String, Set<JudgeFinding>> found =
        findings(
            JudgeTest::naive,
            "healthy",
            "byte-by-byte",
            "rst-token-20",
            "end-token-20",
            "bad-line",
            "status-400");
    assertThat(found)
        .containsEntry("healthy", Set.of())
        .containsEntry("byte-by-byte", Set.of())
        .containsEntry("rst-token-20", Set.of())
        .containsEntry("end-token-20", Set.of(JudgeFinding.TRUNCATED_ACCEPTED))
        .containsEntry("bad-line", Set.of(JudgeFinding.LOST_TEXT))
        .containsEntry("status-400", Set.of());
  }

  @Test
  void startingAgainAfterTextWasShownRepeatsIt() throws InterruptedException {
    JudgedClient retrying =
        (task, testimony) -> {
          try {
            naive(task, testimony);
          } catch (java.io.IOException e) {
            naive(task, testimony);
          }
        };
    // A proper end: java.net.http throws away what it has read when a body breaks.
    JudgedClient askingTwice =
        (task, testimony) -> {
          naive(task, testimony);
          naive(task, testimony);
        };
    assertThat(findings(askingTwice, "end-token-20"))
        .containsEntry("end-token-20", Set.of(JudgeFinding.REPEATED_TEXT));
    assertThat(findings(retrying, "fin-head")).containsEntry("fin-head", Set.of());
  }

  @Test
  void aClientIsGivenUpAfterTheLimit() throws InterruptedException {
    Judgement judgement =
        Judge.of("client", CHAT, JudgeTest::naive)
            .cases(cases("silence-middle"))
            .limit(Duration.ofMillis(800))
            .judge();
    assertThat(judgement.rulings())
        .singleElement()
        .satisfies(ruling -> assertThat(ruling.findings()).containsExactly(JudgeFinding.HANG));
    assertThatThrownBy(judgement::assertSound)
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("silence-middle: had not ended at the limit");
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void everyProtocolHasAWholeTrial(Protocol protocol) {
    List<TrialCase> cases = TrialCases.of(protocol);
    assertThat(cases).hasSizeGreaterThan(45);
    assertThat(cases).extracting(TrialCase::id).doesNotHaveDuplicates();
    var demands = EnumSet.allOf(TrialCase.Demand.class);
    if (protocol == Protocol.OLLAMA_CHAT) {
      demands.remove(TrialCase.Demand.HOLD_BACK); // Its calls come whole.
    }
    assertThat(cases.stream().map(TrialCase::demand).distinct())
        .containsExactlyInAnyOrderElementsOf(demands);
  }

  @Test
  void aCommandSpeaksByItsStreams() throws InterruptedException {
    // All of the contract, without a network: what it says is what is judged.
    JudgedClient says =
        CommandClient.ofShell(
            "sh -c 'printf \"%s\" \"$HOLDFAST_PROTOCOL\"; echo out of luck >&2; exit 3'");
    Run run =
        Judge.of("client", CHAT, says)
            .cases(cases("status-400"))
            .judge()
            .rulings()
            .getFirst()
            .run();
    assertThat(run.end()).isEqualTo(Run.End.FAILED);
    assertThat(run.text()).isEqualTo("openai-chat");
    assertThat(run.complaint()).isEqualTo("out of luck");
  }

  @Test
  void aCommandActsUponToolsAndCancels() throws InterruptedException {
    JudgedClient client =
        CommandClient.ofShell(
            "sh -c 'echo \"HOLDFAST_TOOL {\\\"name\\\":\\\"x\\\"}\" >&2; echo HOLDFAST_CANCELLED >&2; cat; echo done >&2'");
    Run run =
        Judge.of("client", CHAT, client)
            .cases(cases("cancel-silent"))
            .judge()
            .rulings()
            .getFirst()
            .run();
    assertThat(run.end()).isEqualTo(Run.End.CANCELLED);
    assertThat(run.tools()).containsExactly("{\"name\":\"x\"}");
  }

  @Test
  void aCommandThatCannotBeStartedIsBadInput() {
    var judge =
        Judge.of("client", CHAT, new CommandClient(List.of("/no/such/program")))
            .cases(cases("healthy"));
    assertThatThrownBy(judge::judge)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("client: must be a command that can be started, was /no/such/program");
  }

  @Test
  void aClientThatAsksNothingIsBadInput() {
    JudgedClient broken = CommandClient.ofShell("sh -c 'echo no such module >&2; exit 1'");
    assertThatThrownBy(() -> Judge.of("client", CHAT, broken).judge())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "client: must send a request to HOLDFAST_BASE_URL, was silent; it wrote: no such module");
  }

  @Test
  void aFindingThatABusyMachineCouldHaveCausedTakesTwoRuns() throws InterruptedException {
    var firstTime = new AtomicBoolean(true);
    JudgedClient slowOnce =
        (task, testimony) -> {
          naive(task, testimony);
          if (firstTime.getAndSet(false)) {
            throw new IllegalStateException("timeout");
          }
        };
    assertThat(findings(slowOnce, "byte-by-byte")).containsEntry("byte-by-byte", Set.of());
  }

  @Test
  void requestsThatATimeoutRepeatedOnceAreNoFinding() throws InterruptedException {
    assertThat(findings(repeating(1, true), "status-400")).containsEntry("status-400", Set.of());
    assertThat(findings(repeating(10, true), "always-503")).containsEntry("always-503", Set.of());
  }

  @Test
  void requestsThatAreRepeatedInBothRunsAreAFinding() throws InterruptedException {
    assertThat(findings(repeating(1, false), "status-400"))
        .containsEntry("status-400", Set.of(JudgeFinding.RETRIED_REJECTION));
    assertThat(findings(repeating(10, false), "always-503"))
        .containsEntry("always-503", Set.of(JudgeFinding.RETRY_STORM));
  }

  /** A client that asks so many times more than once, in its first run only or in each. */
  private static JudgedClient repeating(int more, boolean once) {
    var left = new AtomicInteger(once ? more : Integer.MAX_VALUE);
    return (task, testimony) -> {
      for (int i = 0; i < more && left.getAndDecrement() > 0; i++) {
        try {
          naive(task, testimony);
        } catch (IllegalStateException e) {
          // It asks again.
        }
      }
      naive(task, testimony);
    };
  }

  @Test
  void reportsEscapeWhatClientsWrite() throws InterruptedException {
    JudgedClient hostile =
        (task, testimony) -> {
          throw new IllegalStateException("<script>alert(1)</script>\u202e\u001b[2J");
        };
    Judgement judgement = Judge.of("<b>|x", CHAT, hostile).cases(cases("fin-head")).judge();
    String page = JudgementPage.html(List.of(judgement));
    assertThat(page)
        .doesNotContain("<script", "<b>", "\u202e", "\u001b")
        .contains("&lt;script&gt;");
    assertThat(JudgementTable.markdown(List.of(judgement)))
        .contains("| &lt;b>\\|x | openai-chat | 1 of 1 |");
  }
}
