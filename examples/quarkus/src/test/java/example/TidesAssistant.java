package example;

import dev.langchain4j.agent.tool.Tool;
import io.quarkiverse.langchain4j.RegisterAiService;
import io.smallrye.mutiny.Multi;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** An AI service with a tool. */
@RegisterAiService(tools = TidesAssistant.Tides.class)
interface TidesAssistant {
  Multi<String> chat(String prompt);

  /** Keeps what it was called with. */
  @Singleton
  class Tides {
    final List<String> ports = new CopyOnWriteArrayList<>();

    @Tool("The next high water of a port.")
    String highWater(String port) {
      ports.add(port);
      return "14:05";
    }
  }
}
