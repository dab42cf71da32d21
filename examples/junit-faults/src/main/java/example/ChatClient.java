package example;

import dev.holdfast.client.Holdfast;
import dev.holdfast.client.IncompleteStreamException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/** A client of one's own, over java.net.http; {@code Holdfast.check} is what keeps it honest. */
final class ChatClient {
  private static final Pattern CONTENT = Pattern.compile("\"content\":\"((?:[^\"\\\\]|\\\\.)*)\"");

  private final URI baseUrl;

  ChatClient(URI baseUrl) {
    this.baseUrl = baseUrl;
  }

  /**
   * {@return the whole answer}
   *
   * @throws IOException if it is not whole; the message has the cause
   */
  String ask(String prompt) throws IOException, InterruptedException {
    String body =
        "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"" + prompt + "\"}]}";
    var request =
        HttpRequest.newBuilder(URI.create(baseUrl + "/chat/completions"))
            .version(HttpClient.Version.HTTP_1_1)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    var text = new StringBuilder();
    try (var http = HttpClient.newHttpClient()) {
      var response = http.send(request, HttpResponse.BodyHandlers.ofInputStream());
      if (response.statusCode() != 200) {
        throw new IOException("status " + response.statusCode());
      }
      var checked = Holdfast.check(response.body(), "openai-chat");
      try (var lines = new BufferedReader(new InputStreamReader(checked, StandardCharsets.UTF_8))) {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          var content = CONTENT.matcher(line);
          if (content.find()) {
            text.append(content.group(1));
          }
        }
      }
    } catch (IncompleteStreamException e) {
      throw new IOException(e.getMessage(), e);
    }
    return text.toString();
  }
}
