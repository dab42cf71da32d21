package dev.holdfast.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.holdfast.client.journal.JournalPolicy;
import dev.holdfast.core.policy.RecoveryPolicy;
import dev.holdfast.core.policy.RetryPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.spi.JournalBatch;
import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalEntry;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRead;
import dev.holdfast.core.spi.NewStream;
import dev.holdfast.core.spi.StoredEntry;
import dev.holdfast.core.spi.StreamId;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.journal.MemoryJournal;
import dev.holdfast.testkit.server.FaultServer;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What a crash left open is continued. The crash is a copy of the first entries under another id,
 * since this process knows that it writes the original.
 */
@Timeout(120)
@Tag("slow")
final class JournalContinuationTest {
  private static final String STORY =
      IntStream.range(0, 40).mapToObj(n -> "word " + n).collect(Collectors.joining(", ")) + ".";
  private static final ChatRequest ASKED =
      ChatRequest.to("gpt-4.1").user("Tell a story").temperature(0).build();
  private static final Duration SHORT = Duration.ofMillis(1);
  private static final RetryPolicy RETRIES =
      RetryPolicy.DEFAULT.withMaxAttempts(5).withDelays(SHORT, SHORT);
  private static final JournalPolicy POLICY =
      JournalPolicy.DEFAULT.withContinuation(Duration.ofHours(1));

  private final MemoryJournal journal = new MemoryJournal(System::currentTimeMillis);
  private long copies;

  private static FaultServer provider(String... attempts) {
    return FaultServer.builder().answer(Answer.ofText(STORY)).script(Script.of(attempts)).start();
  }

  private Holdfast client(String protocol, FaultServer provider, JournalPolicy policy) {
    return Holdfast.builder()
        .upstream(Upstream.of(protocol, provider.baseUrl().toString(), "secret-of-a-test"))
        .policy(StreamPolicy.DEFAULT.withRetry(RETRIES))
        .journal(journal, policy)
        .build();
  }

  private static String id(CompletionStream stream) {
    return stream.id().orElseThrow();
  }

  private List<StoredEntry> entries(String id) {
    var read = journal.read(StreamId.parse(id), JournalOffset.START, Integer.MAX_VALUE);
    assertThat(read).isInstanceOf(JournalRead.Page.class);
    return ((JournalRead.Page) read).entries();
  }

  /** {@return a stream as a crash leaves it that has the first entries of another} */
  private String left(String id, List<JournalEntry> entries) {
    var copy = new StreamId(77, ++copies);
    var metadata = journal.find(StreamId.parse(id)).orElseThrow().metadata();
    journal.create(
        new NewStream(copy, 1, metadata, Duration.ZERO, false), new JournalRig.Nothing());
    if (!entries.isEmpty()) {
      journal.append(copy, JournalBatch.of(1, 0, entries), new JournalRig.Nothing());
    }
    return copy.toString();
  }

  private String left(String id, int count) {
    return left(id, entries(id).subList(0, count).stream().map(StoredEntry::entry).toList());
  }

  @ParameterizedTest
  @CsvSource({
    "openai-chat, missing-done",
    "openai-chat, cut-fin@token=20",
    "anthropic-messages, cut-fin@token=20",
    "openai-responses, cut-fin@token=20",
    "gemini-sse, cut-fin@token=20",
    "ollama-chat, cut-fin@token=20"
  })
  void aStreamIsContinuedWhereverACrashLeftIt(String protocol, String fault) {
    String id;
    String outcome;
    try (var provider = provider(fault);
        var holdfast = client(protocol, provider, POLICY);
        var stream = holdfast.stream(ASKED)) {
      id = id(stream);
      assertThat(stream.text()).isEqualTo(STORY);
      outcome = stream.outcome().seams().toString();
    }
    int count = entries(id).size() - 1; // The last one has the facts of the outcome.
    try (var provider = provider()) {
      int step = Boolean.getBoolean("holdfast.long") ? 1 : 4;
      for (int kept = count; kept >= 0; kept = kept > step || kept == 0 ? kept - step : 0) {
        String left = left(id, kept);
        // Each process has a budget of retries of its own.
        try (var holdfast = client(protocol, provider, POLICY);
            var reader = holdfast.resume(left, ASKED)) {
          var ended = reader.outcome();
          assertThat(ended.text()).as("after %d entries", kept).isEqualTo(STORY);
          assertThat(ended.isComplete()).isTrue();
          assertThat(ended.journaled()).contains(JournalEnd.Kind.COMPLETE);
          if (kept == count) {
            assertThat(ended.seams()).hasToString(outcome);
          }
        }
        // It is stored as it was continued, and a crash may follow a crash.
        int more = entries(left).size() - 1;
        String again = left(left, Math.min(more, kept + 3));
        try (var holdfast = client(protocol, provider, POLICY)) {
          assertThat(holdfast.resume(again, ASKED).text())
              .as("after %d entries, and a few more", kept)
              .isEqualTo(STORY);
        }
      }
    }
  }

  @Test
  void aReaderReadsOnAfterItsPlace() {
    try (var provider = provider();
        var holdfast = client("openai-chat", provider, POLICY);
        var stream = holdfast.stream(ASKED)) {
      assertThat(stream.text()).isEqualTo(STORY);
      String left = left(id(stream), 10);
      var place = entries(left).get(4).offset().text(StreamId.parse(left));
      String before;
      try (var reader = holdfast.resume(left, place, ASKED, RequestOptions.DEFAULT)) {
        String rest = reader.text();
        assertThat(STORY).endsWith(rest);
        before = STORY.substring(0, STORY.length() - rest.length());
      }
      assertThat(before).isNotEmpty();
      assertThat(holdfast.resume(left).text()).isEqualTo(STORY);
    }
  }

  @Test
  void aReaderThatLeavesDoesNotEndIt() {
    try (var provider = provider("slow@delay=2ms");
        var holdfast = client("openai-chat", provider, POLICY);
        var stream = holdfast.stream(ASKED)) {
      assertThat(stream.text()).isEqualTo(STORY);
      String left = left(id(stream), 10);
      holdfast.resume(left, ASKED).close();
      assertThat(holdfast.resume(left).text()).isEqualTo(STORY);
      provider.received().hasCount(2); // It was continued once.
    }
  }

  @Test
  void aStreamIsContinuedForItsRequestAlone() {
    try (var provider = provider();
        var holdfast = client("openai-chat", provider, POLICY);
        var stream = holdfast.stream(ASKED)) {
      assertThat(stream.text()).isEqualTo(STORY);
      String left = left(id(stream), 10);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> holdfast.resume(left, ASKED.toBuilder().user("And another").build()))
          .withMessage("request: must be the one that the stream answers, was another one");
      assertThat(holdfast.resume(left, ASKED).text()).isEqualTo(STORY);
      // What has ended is read, whatever is asked.
      assertThat(holdfast.resume(left, ASKED.toBuilder().user("And another").build()).text())
          .isEqualTo(STORY);
    }
  }

  @Test
  void aPolicyThatRefusesToContinueEndsItTruthfully() {
    try (var provider = provider();
        var holdfast = client("openai-chat", provider, POLICY);
        var stream = holdfast.stream(ASKED)) {
      assertThat(stream.text()).isEqualTo(STORY);
      String left = left(id(stream), 10);
      String place = JournalOffset.START.text(StreamId.parse(left));
      // Nothing is kept of what was delivered, so that no rung can join.
      var refusing = StreamPolicy.DEFAULT.withRecovery(RecoveryPolicy.DEFAULT.withPartialLimit(0));
      var ended =
          holdfast
              .resume(left, place, ASKED, RequestOptions.DEFAULT.withPolicy(refusing))
              .outcome();
      assertThat(ended.isComplete()).isFalse();
      assertThat(ended.cause()).contains(Cause.CONNECTION_LOST);
      assertThat(ended.failure().orElseThrow().detail()).isEqualTo("the process was restarted");
      assertThat(STORY).startsWith(ended.text());
      assertThat(ended.journaled()).contains(JournalEnd.Kind.TRUNCATED);
    }
  }

  @Test
  void whatIsNotWhatTheMachineWritesIsNotContinued() {
    try (var provider = provider();
        var holdfast = client("openai-chat", provider, POLICY);
        var stream = holdfast.stream(ASKED)) {
      assertThat(stream.text()).isEqualTo(STORY);
      var entries = new ArrayList<JournalEntry>();
      entries(id(stream)).subList(0, 20).forEach(stored -> entries.add(stored.entry()));
      int changed = 10;
      var payload = StandardCharsets.ISO_8859_1.decode(entries.get(changed).payload()).toString();
      assertThat(payload).contains("\"text\":\"");
      entries.set(
          changed,
          new JournalEntry(
              entries.get(changed).type(),
              ByteBuffer.wrap(
                  payload
                      .replaceFirst("\"text\":\"[^\"]", "\"text\":\"?")
                      .getBytes(StandardCharsets.ISO_8859_1))));
      var ended = holdfast.resume(left(id(stream), entries), ASKED).outcome();
      assertThat(ended.journaled()).contains(JournalEnd.Kind.TRUNCATED);
      assertThat(ended.text()).contains("?");
      provider.received().hasCount(1);
    }
  }

  @Test
  void whatNoCallerContinuesInTimeEndsAsTruncated() {
    try (var provider = provider();
        var holdfast = client("openai-chat", provider, POLICY);
        var stream = holdfast.stream(ASKED)) {
      assertThat(stream.text()).isEqualTo(STORY);
      String left = left(id(stream), 10);
      var soon = JournalPolicy.DEFAULT.withContinuation(Duration.ofMillis(1));
      try (var next = client("openai-chat", provider, soon)) {
        assertThat(next.resume(left).outcome().journaled()).contains(JournalEnd.Kind.TRUNCATED);
      }
    }
  }

  @Test
  void whatWasNotStoredForItIsNotContinued() {
    try (var provider = provider();
        var plain = client("openai-chat", provider, JournalPolicy.DEFAULT);
        var stream = plain.stream(ASKED)) {
      assertThat(stream.text()).isEqualTo(STORY);
      String left = left(id(stream), 10);
      try (var holdfast = client("openai-chat", provider, POLICY)) {
        assertThat(holdfast.resume(left, ASKED).outcome().journaled())
            .contains(JournalEnd.Kind.TRUNCATED);
      }
    }
  }

  @Test
  void neitherThePromptNorTheKeyIsStored() {
    try (var provider = provider();
        var holdfast = client("openai-chat", provider, POLICY);
        var stream = holdfast.stream(ASKED)) {
      assertThat(stream.text()).isEqualTo(STORY);
      var all = new StringBuilder();
      var stored = journal.find(StreamId.parse(id(stream))).orElseThrow();
      all.append(StandardCharsets.ISO_8859_1.decode(stored.metadata()));
      entries(id(stream))
          .forEach(it -> all.append(StandardCharsets.ISO_8859_1.decode(it.entry().payload())));
      assertThat(all).contains("word").doesNotContain("Tell a story", "secret-of-a-test");
    }
  }
}
