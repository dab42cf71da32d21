package dev.holdfast.blackbox.resume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.client.CompletionStream;
import dev.holdfast.client.RequestOptions;
import dev.holdfast.client.journal.UnknownStreamException;
import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.journal.EmbeddedJournal;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.server.FaultServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The journal of the library on a disk: another client, and another process, read on. */
final class LibraryJournalTest {
  private static final String STORY =
      IntStream.range(0, 150).mapToObj(n -> "word " + n).collect(Collectors.joining(", ")) + ".";

  @TempDir private Path folder;

  private static FaultServer provider(String... attempts) {
    return FaultServer.builder().answer(Answer.ofText(STORY)).script(Script.of(attempts)).start();
  }

  private static List<StreamEvent> rest(CompletionStream stream) {
    var events = new ArrayList<StreamEvent>();
    stream.iterator().forEachRemaining(events::add);
    return events;
  }

  @ParameterizedTest
  @ValueSource(strings = {"missing-done", "cut-fin@token=20"})
  void anotherClientReadsOnAtEveryOffset(String fault) throws IOException {
    var events = new ArrayList<StreamEvent>();
    var offsets = new ArrayList<String>();
    String id;
    String outcome;
    try (var provider = provider(fault)) {
      try (var journal = EmbeddedJournal.at(folder).open();
          var holdfast = WritingProcess.client(provider.baseUrl().toString(), journal);
          var stream = holdfast.stream(WritingProcess.ASKED)) {
        id = stream.id().orElseThrow();
        for (var event = stream.next(); event.isPresent(); event = stream.next()) {
          events.add(event.get());
          offsets.add(stream.offset().orElseThrow());
        }
        assertThat(stream.text()).isEqualTo(STORY);
        outcome = stream.outcome().toString();
      }
      try (var journal = EmbeddedJournal.at(folder).open();
          var holdfast = WritingProcess.client(provider.baseUrl().toString(), journal)) {
        var whole = holdfast.resume(id);
        assertThat(rest(whole)).isEqualTo(events);
        assertThat(whole.outcome()).hasToString(outcome);
        assertThat(whole.text()).isEqualTo(STORY);
        for (int i = 0; i < offsets.size(); i++) {
          var reader = holdfast.resume(id, offsets.get(i));
          assertThat(rest(reader)).isEqualTo(events.subList(i + 1, events.size()));
          assertThat(reader.outcome()).hasToString(outcome);
        }
        assertThatThrownBy(() -> holdfast.resume("0".repeat(32)))
            .isInstanceOf(UnknownStreamException.class);
        assertThatIllegalArgumentException()
            .isThrownBy(() -> holdfast.resume(id, offsets.getFirst().replace("_0", "_1")))
            .withMessageStartingWith("offset: must be one that this stream gave, was ");
      }
    }
  }

  @Test
  void readersFollowWhatIsWritten() throws Exception {
    try (var provider = provider("slow@delay=2ms");
        var journal = EmbeddedJournal.at(folder).open();
        var holdfast = WritingProcess.client(provider.baseUrl().toString(), journal);
        var threads = Executors.newVirtualThreadPerTaskExecutor();
        var stream = holdfast.stream(WritingProcess.ASKED)) {
      String id = stream.id().orElseThrow();
      var readers =
          IntStream.range(0, 10)
              .mapToObj(n -> threads.submit(() -> holdfast.resume(id).text()))
              .toList();
      stream.detach();
      for (var reader : readers) {
        assertThat(reader.get(60, TimeUnit.SECONDS)).isEqualTo(STORY);
      }
      assertThat(stream.outcome().journaled()).contains(JournalEnd.Kind.COMPLETE);
    }
  }

  /** {@code -Dholdfast.kills=N} sets how often, {@code -Dholdfast.seed=N} the first seed. */
  @Test
  @Tag("slow")
  void whatAKilledProcessHandedOutIsReadByTheNext() throws Exception {
    int kills = Integer.getInteger("holdfast.kills", Boolean.getBoolean("holdfast.long") ? 40 : 6);
    long first = Long.getLong("holdfast.seed", 1);
    int cut = 0;
    try (var provider = provider("missing-done")) {
      for (long seed = first; seed < first + kills; seed++) {
        cut += killed(provider.baseUrl().toString(), seed) ? 1 : 0;
      }
    }
    assertThat(cut).as("streams that a kill cut, from seed %d on", first).isPositive();
  }

  /** As above: {@code -Dholdfast.kills=N}, {@code -Dholdfast.seed=N}. */
  @Test
  @Tag("slow")
  void theNextProcessContinuesWhatAKillCut() throws Exception {
    int kills = Integer.getInteger("holdfast.kills", Boolean.getBoolean("holdfast.long") ? 40 : 6);
    long first = Long.getLong("holdfast.seed", 1);
    try (var provider = provider("missing-done")) {
      String address = provider.baseUrl().toString();
      for (long seed = first; seed < first + kills; seed++) {
        int most = new Random(seed).nextInt(150);
        var lines = received(address, 1 + most, WritingProcess.CONTINUED);
        String id = lines.getFirst().substring(2);
        var text = new StringBuilder();
        String last = "";
        for (String line : lines) {
          if (line.startsWith("O ")) {
            String[] words = line.split(" ", 3);
            last = words[1];
            text.append(words[2]);
          }
        }
        try (var journal = EmbeddedJournal.at(folder).open();
            var holdfast = WritingProcess.client(address, journal, WritingProcess.CONTINUING)) {
          var reader =
              last.isEmpty()
                  ? holdfast.resume(id, WritingProcess.ASKED)
                  : holdfast.resume(id, last, WritingProcess.ASKED, RequestOptions.DEFAULT);
          var ended = reader.outcome();
          assertThat(text + ended.text()).as("seed %d", seed).isEqualTo(STORY);
          assertThat(ended.isComplete()).as("seed %d", seed).isTrue();
          assertThat(ended.journaled()).contains(JournalEnd.Kind.COMPLETE);
          assertThat(holdfast.resume(id).text()).as("seed %d", seed).isEqualTo(STORY);
        }
      }
    }
  }

  /** {@return whether the stream was cut} */
  private boolean killed(String provider, long seed) throws Exception {
    int most = new Random(seed).nextInt(150);
    var lines = received(provider, 1 + most);
    String id = lines.getFirst().substring(2);
    String last = "";
    var text = new StringBuilder();
    for (String line : lines) {
      if (line.startsWith("O ")) {
        String[] words = line.split(" ", 3);
        last = words[1];
        text.append(words[2]);
      }
    }
    try (var journal = EmbeddedJournal.at(folder).open();
        var holdfast = WritingProcess.client(provider, journal)) {
      var whole = holdfast.resume(id).outcome();
      assertThat(STORY).as("seed %d", seed).startsWith(whole.text());
      assertThat(whole.text()).as("seed %d", seed).startsWith(text);
      if (!last.isEmpty()) {
        var reader = holdfast.resume(id, last).outcome();
        assertThat(text + reader.text()).as("seed %d", seed).isEqualTo(whole.text());
        assertThat(reader.verdict()).isEqualTo(whole.verdict());
      }
      boolean ended = whole.isComplete();
      assertThat(whole.journaled())
          .as("seed %d", seed)
          .contains(ended ? JournalEnd.Kind.COMPLETE : JournalEnd.Kind.TRUNCATED);
      if (ended) {
        assertThat(whole.text()).as("seed %d", seed).isEqualTo(STORY);
      }
      return !ended;
    }
  }

  /** {@return whole lines of a process that is killed after so many} */
  private List<String> received(String provider, int most, String... more) throws Exception {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    var command =
        new ArrayList<>(
            List.of(
                java,
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                WritingProcess.class.getName(),
                folder.toString(),
                provider));
    command.addAll(List.of(more));
    var child = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    var lines = new ArrayList<String>();
    try (var out =
        new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        lines.add(line);
        if (lines.size() == most) {
          // Not the process itself, whose end would close the pipe before it is read.
          child.toHandle().destroyForcibly();
        }
      }
    } finally {
      child.destroyForcibly();
      child.waitFor();
    }
    assertThat(lines).isNotEmpty();
    if (!lines.getLast().endsWith("|")) {
      lines.removeLast(); // The kill cut it.
    }
    return lines.stream().map(line -> line.substring(0, line.length() - 1)).toList();
  }
}
