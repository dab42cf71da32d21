package example;

import io.quarkus.runtime.QuarkusApplication;
import io.quarkus.runtime.annotations.QuarkusMain;
import jakarta.enterprise.context.control.ActivateRequestContext;

/** Streams an answer to the terminal; with the argument plain over the extension's own model. */
@QuarkusMain
public class Main implements QuarkusApplication {
  private final Assistant assistant;
  private final PlainAssistant plain;

  Main(Assistant assistant, PlainAssistant plain) {
    this.assistant = assistant;
    this.plain = plain;
  }

  @Override
  @ActivateRequestContext
  public int run(String... args) {
    var prompt = "Write about lighthouses.";
    var answer = args.length == 0 ? assistant.chat(prompt) : plain.chat(prompt);
    answer.onItem().invoke(Main::print).collect().last().await().indefinitely();
    System.out.println();
    return 0;
  }

  private static void print(String text) {
    System.out.print(text);
    System.out.flush();
  }
}
