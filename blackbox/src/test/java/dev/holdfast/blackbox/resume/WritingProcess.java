package dev.holdfast.blackbox.resume;

import dev.holdfast.client.Holdfast;
import dev.holdfast.client.Upstream;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.journal.EmbeddedJournal;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * A process that asks, and prints what its consumer has received, each line ended by a bar. The
 * test kills it.
 */
final class WritingProcess {
  static final ChatRequest ASKED =
      ChatRequest.to("gpt-4.1").user("Tell a story").temperature(0).build();

  private WritingProcess() {}

  /** The journal's directory, and the provider's address. */
  public static void main(String[] arguments) throws IOException {
    var out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    try (var journal = EmbeddedJournal.at(Path.of(arguments[0])).open();
        var holdfast = client(arguments[1], journal);
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
    return Holdfast.builder()
        .upstream(Upstream.of("openai-chat", provider, "key"))
        .journal(journal)
        .build();
  }
}
