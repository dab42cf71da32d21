package example;

import dev.holdfast.client.Holdfast;
import dev.holdfast.client.Upstream;
import dev.holdfast.client.browser.BrowserRelay;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.spi.Journal;
import dev.holdfast.journal.EmbeddedJournal;
import dev.holdfast.spring.web.MvcRelay;
import java.io.IOException;
import java.nio.file.Path;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;
import reactor.core.publisher.Flux;

/** Spring AI without a line about Holdfast, and an answer of Holdfast's own client for a page. */
@SpringBootApplication
@RestController
public class Main {
  private final ChatClient chat;
  private final Holdfast holdfast;

  Main(ChatClient.Builder chat, Holdfast holdfast) {
    this.chat = chat.build();
    this.holdfast = holdfast;
  }

  /** The starter gives the journal to the builder. */
  @Bean
  static Journal journal(@Value("${example.journal}") Path directory) throws IOException {
    return EmbeddedJournal.at(directory).open();
  }

  @Bean
  static Holdfast holdfast(Holdfast.Builder builder) {
    return builder.upstream(Upstream.fromEnv("openai-chat")).build();
  }

  /** Spring AI; whole because the starter is a dependency. */
  @GetMapping("/text")
  Flux<String> text() {
    return chat.prompt("Write about lighthouses.").stream().content();
  }

  /** Server-sent events for the page index.html, which may come back for the rest. */
  @GetMapping("/events")
  ResponseEntity<SseEmitter> events(
      @RequestHeader(name = "Last-Event-ID", required = false) String last,
      @RequestParam(required = false) String after) {
    var request = ChatRequest.to("gpt-4.1-mini").user("Write about lighthouses.").build();
    var relay = BrowserRelay.ofDefaults().withResume(holdfast);
    return MvcRelay.relay(last != null ? last : after, () -> holdfast.stream(request), relay);
  }

  public static void main(String[] args) {
    SpringApplication.run(Main.class, args);
  }
}
