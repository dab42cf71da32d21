package example;

import io.quarkiverse.langchain4j.RegisterAiService;
import io.smallrye.mutiny.Multi;

/** The same over the extension's own model, to compare. */
@RegisterAiService(modelName = "plain")
interface PlainAssistant {
  Multi<String> chat(String prompt);
}
