package example;

import dev.holdfast.client.Holdfast;
import dev.holdfast.client.Upstream;
import dev.holdfast.core.request.ChatRequest;

/** Prints an answer as it comes; exit code 0 claims that it is complete, and 1 names why it is not. */
public final class Main {
  public static void main(String[] args) {
    String prompt = args.length == 0 ? "Write about lighthouses." : String.join(" ", args);
    boolean complete;
    try (var holdfast = Holdfast.builder().upstream(Upstream.fromEnv("openai-chat")).build();
        var stream = holdfast.stream(ChatRequest.to("gpt-4.1-mini").user(prompt).build())) {
      stream.textDeltas().forEach(text -> {
        System.out.print(text);
        System.out.flush();
      });
      var outcome = stream.outcome();
      complete = outcome.isComplete();
      System.out.println();
      System.err.println(outcome);
    }
    System.exit(complete ? 0 : 1);
  }
}
