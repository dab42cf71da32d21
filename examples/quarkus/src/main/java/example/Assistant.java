package example;

import io.quarkiverse.langchain4j.RegisterAiService;
import io.smallrye.mutiny.Multi;

/** An AI service as any other; it asks the application's streaming model. */
@RegisterAiService
interface Assistant {
  Multi<String> chat(String prompt);
}
