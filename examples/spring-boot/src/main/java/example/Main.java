package example;

import dev.holdfast.client.Holdfast;
import dev.holdfast.client.Upstream;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.spring.web.MvcRelay;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;
import reactor.core.publisher.Flux;

/** Spring AI without a line about Holdfast, and an answer of Holdfast's own client for a page. */
@SpringBootApplication
@RestController
public class Main {
  private final ChatClient chat;
  private final Holdfast holdfast;

  Main(ChatClient.Builder chat, Holdfast.Builder holdfast) {
    this.chat = chat.build();
    this.holdfast = holdfast.upstream(Upstream.fromEnv("openai-chat")).build();
  }

  /** Spring AI; whole because the starter is a dependency. */
  @GetMapping("/text")
  Flux<String> text() {
    return chat.prompt("Write about lighthouses.").stream().content();
  }

  /** Server-sent events for the page index.html. */
  @GetMapping("/events")
  ResponseEntity<SseEmitter> events(
      @RequestHeader(name = "Last-Event-ID", required = false) String lastEventId) {
    var request = ChatRequest.to("gpt-4.1-mini").user("Write about lighthouses.").build();
    return MvcRelay.relay(lastEventId, () -> holdfast.stream(request));
  }

  public static void main(String[] args) {
    SpringApplication.run(Main.class, args);
  }
}
