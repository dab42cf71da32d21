package dev.holdfast.gateway.durable.subscription;

import dev.holdfast.core.json.Json;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Sends webhooks. Waits for the answer. */
final class Webhooks {
  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final Duration ANSWER = Duration.ofSeconds(30);
  private static final Duration BODY = Duration.ofSeconds(10);
  private static final int MAX_ANSWER = 64 << 10;

  private final HttpClient client =
      HttpClient.newBuilder()
          .connectTimeout(CONNECT)
          .followRedirects(HttpClient.Redirect.NEVER)
          .build();

  /**
   * {@return the body of a success}
   *
   * @throws java.io.IOException if it did not succeed
   */
  String send(String url, String body, String signature)
      throws java.io.IOException, InterruptedException {
    var target = URI.create(url);
    // The name may mean another address than when the subscription was made.
    if ("https".equalsIgnoreCase(target.getScheme()) && !WebhookTarget.isPublic(target.getHost())) {
      throw new java.io.IOException("webhook: must be at a public address, was at another one");
    }
    var request =
        HttpRequest.newBuilder(target)
            .timeout(ANSWER)
            .header("content-type", "application/json")
            .header("webhook-signature", signature)
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    var response = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
    try (InputStream answer = response.body()) {
      // The timeout of a request ends with the head; a body may never end.
      CompletableFuture.delayedExecutor(BODY.toMillis(), TimeUnit.MILLISECONDS)
          .execute(() -> close(answer));
      if (response.statusCode() / 100 != 2) {
        throw new java.io.IOException("webhook: must succeed, was " + response.statusCode());
      }
      return new String(answer.readNBytes(MAX_ANSWER), StandardCharsets.UTF_8);
    }
  }

  /** {@return whether an answer acknowledges the wake; others do by a callback} */
  static boolean isDone(String answer) {
    try {
      return Json.parse(answer) instanceof Json.Obj object
          && object.get("done") instanceof Json.Bool(boolean yes)
          && yes;
    } catch (Json.MalformedException e) {
      return false;
    }
  }

  private static void close(InputStream answer) {
    try {
      answer.close();
    } catch (java.io.IOException e) {
      // It is closed all the same.
    }
  }
}
