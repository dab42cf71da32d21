package dev.holdfast.blackbox.resume;

import dev.holdfast.client.Holdfast;
import dev.holdfast.client.Upstream;
import dev.holdfast.client.journal.JournalPolicy;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.journal.EmbeddedJournal;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * A process that asks, and prints what its consumer has received, each line ended by a bar. The
 * test kills it.
 */
final class WritingProcess {
  static final ChatRequest ASKED =
      ChatRequest.to("gpt-4.1").user("Tell a story").temperature(0).build();

  private WritingProcess() {}

  /** With this as a third argument its streams can be continued. */
  static final String CONTINUED = "continued";

  static final JournalPolicy CONTINUING =
      JournalPolicy.DEFAULT.withContinuation(Duration.ofMinutes(5));

  /** The journal's directory, the provider's address, and possibly {@link #CONTINUED}. */
  public static void main(String[] arguments) throws IOException {
    var out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    try (var journal = EmbeddedJournal.at(Path.of(arguments[0])).open();
        var holdfast =
            client(
                arguments[1],
                journal,
                List.of(arguments).contains(CONTINUED) ? CONTINUING : JournalPolicy.DEFAULT);
        var stream = holdfast.stream(ASKED)) {
      out.println("I " + stream.id().orElseThrow() + "|");
      for (StreamEvent event : stream) {
        String text = event instanceof StreamEvent.TextDelta(int choice, String more) ? more : "";
        out.println("O " + stream.offset().orElseThrow() + " " + text + "|");
      }
      out.println("E " + stream.outcome().verdict().name() + "|");
    }
  }

  static Holdfast client(String provider, EmbeddedJournal journal) {
    return client(provider, journal, JournalPolicy.DEFAULT);
  }

  static Holdfast client(String provider, EmbeddedJournal journal, JournalPolicy policy) {
    return Holdfast.builder()
        .upstream(Upstream.of("openai-chat", provider, "key"))
        .journal(journal, policy)
        .build();
  }
}
