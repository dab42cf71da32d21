package judged;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.genai.Client;
import com.google.genai.ResponseStream;
import com.google.genai.types.GenerateContentResponse;
import com.google.genai.types.HttpOptions;
import java.util.Map;

/** google-genai, as its page shows: generateContentStream(), function calls of each chunk. */
public final class Main {
  private static final ObjectMapper JSON = new ObjectMapper();

  public static void main(String[] args) {
    Contract.run(() -> {
      // The only clock it has is one over the whole call, which takes longer than any silence.
      var http =
          HttpOptions.builder()
              .baseUrl(Contract.baseUrl())
              .timeout((int) Contract.timeout().multipliedBy(4).toMillis())
              .build();
      try (var client = Contract.with(Client.builder()).apiKey("none").httpOptions(http).build();
          var stream =
              client.models.generateContentStream("judged", Contract.prompt(), null)) {
        for (var chunk : stream) {
          if (Contract.isCancelled()) {
            return; // Which closes the stream, in the thread that reads it.
          }
          String text = chunk.text();
          if (text != null && Contract.text(text)) {
            Contract.cancel(() -> closeInSilence(stream));
          }
          var calls = chunk.functionCalls();
          if (calls != null) {
            for (var call : calls) {
              Contract.tool(call.name().orElse(""), JSON.writeValueAsString(call.args().orElse(Map.of())));
            }
          }
        }
      }
    });
  }

  /** Closes a stream that no event comes from any more. */
  private static void closeInSilence(ResponseStream<GenerateContentResponse> stream)
      throws InterruptedException {
    Thread.sleep(500);
    stream.close();
  }
}
