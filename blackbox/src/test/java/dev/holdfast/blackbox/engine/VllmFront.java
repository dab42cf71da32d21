package dev.holdfast.blackbox.engine;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.holdfast.core.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * vLLM's {@code /tokenize} for conversations, made of the engine's own {@code /apply-template} and
 * {@code /tokenize}. Everything else passes.
 */
final class VllmFront implements AutoCloseable {
  private final Engine engine;
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  private VllmFront(Engine engine, HttpServer server) {
    this.engine = engine;
    this.server = server;
  }

  /** {@return a front of an engine, on a free port} */
  static VllmFront of(Engine engine) throws IOException {
    var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    var front = new VllmFront(engine, HttpServer.create(address, 64));
    front.server.setExecutor(front.threads);
    front.server.createContext("/", front::serve);
    front.server.start();
    return front;
  }

  URI url() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  private void serve(HttpExchange exchange) throws IOException {
    try (exchange) {
      String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      if (exchange.getRequestURI().getPath().equals("/tokenize") && body.contains("\"messages\"")) {
        byte[] tokens = tokens(body).getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(200, tokens.length);
        exchange.getResponseBody().write(tokens);
      } else {
        pass(exchange, body);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private String tokens(String body) throws IOException, InterruptedException {
    String prompt = engine.post("/apply-template", body).text("prompt");
    var asked = new LinkedHashMap<String, Json>();
    asked.put("content", new Json.Str(prompt));
    asked.put("add_special", new Json.Bool(true));
    asked.put("parse_special", new Json.Bool(true));
    var tokens = engine.post("/tokenize", new Json.Obj(asked).write()).array("tokens");
    if (tokens == null) {
      throw new IOException("tokens: must be an array, was missing");
    }
    var answer = new LinkedHashMap<String, Json>();
    answer.put("count", new Json.Num("" + tokens.items().size()));
    answer.put("max_model_len", new Json.Num("8192"));
    answer.put("tokens", tokens);
    return new Json.Obj(answer).write();
  }

  private void pass(HttpExchange exchange, String body) throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(engine.url().resolve(exchange.getRequestURI().toString()))
            .header("Content-Type", "application/json")
            .method(exchange.getRequestMethod(), HttpRequest.BodyPublishers.ofString(body))
            .build();
    try (var once = Engine.client()) {
      pass(exchange, once.send(request, HttpResponse.BodyHandlers.ofInputStream()));
    }
  }

  private static void pass(HttpExchange exchange, HttpResponse<InputStream> response)
      throws IOException {
    response
        .headers()
        .firstValue("content-type")
        .ifPresent(type -> exchange.getResponseHeaders().set("Content-Type", type));
    exchange.sendResponseHeaders(response.statusCode(), 0);
    var out = exchange.getResponseBody();
    try (InputStream in = response.body()) {
      var piece = new byte[8192];
      for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
        out.write(piece, 0, n);
        out.flush();
      }
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
