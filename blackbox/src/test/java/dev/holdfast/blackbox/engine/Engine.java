package dev.holdfast.blackbox.engine;

import dev.holdfast.core.json.Json;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** A running {@code llama-server} of one thread and four slots, on a free port. */
final class Engine implements AutoCloseable {
  static final String MODEL = "phi-3.gguf";

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration POLL = Duration.ofMillis(20);

  private final Path folder;
  private final int port;
  private final List<String> options;
  private final Path log;
  private final HttpClient http = client();
  private final Thread onExit = new Thread(this::end);
  private @Nullable Process process;

  private Engine(Path folder, int port, List<String> options, Path log) {
    this.folder = folder;
    this.port = port;
    this.options = options;
    this.log = log;
  }

  /**
   * {@return an engine that answers}
   *
   * @param options further ones of {@code llama-server}
   */
  static Engine start(String... options) throws IOException, InterruptedException {
    Path folder = EngineBuild.folder();
    int port;
    try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    var engine =
        new Engine(folder, port, List.of(options), Files.createTempFile("holdfast-engine", ".log"));
    Runtime.getRuntime().addShutdownHook(engine.onExit);
    engine.launch();
    engine.awaitReady();
    return engine;
  }

  /** {@return a client without connections} */
  static HttpClient client() {
    return HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  }

  /** {@return its address, without a path} */
  URI url() {
    return URI.create("http://127.0.0.1:" + port);
  }

  /** Starts the process again, after {@link #kill}; it answers some time later. */
  void launch() throws IOException {
    var command = new ArrayList<String>();
    command.add(folder.resolve("build/llama-server").toString());
    command.addAll(List.of("-m", MODEL, "--host", "127.0.0.1", "--port", "" + port));
    command.addAll(List.of("-t", "1", "-np", "4", "-c", "40960", "--temp", "0"));
    command.addAll(List.of("--no-webui", "--slots", "--metrics"));
    command.addAll(options);
    process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectInput(new File("/dev/null"))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
  }

  /** Waits until it has loaded its model. */
  void awaitReady() throws IOException, InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!isReady()) {
      if (!running().isAlive() || System.nanoTime() > deadline) {
        throw new IOException("llama-server must answer within " + PATIENCE + ": " + tail());
      }
      LockSupport.parkNanos(POLL.toNanos());
    }
  }

  private boolean isReady() throws InterruptedException {
    try {
      return get("/health").statusCode() == 200;
    } catch (IOException e) {
      return false; // It does not listen yet.
    }
  }

  /** {@return whether no slot works} */
  boolean isIdle() throws IOException, InterruptedException {
    return !get("/slots").body().contains("\"is_processing\":true");
  }

  /** {@return how long it took until no slot worked, at most so long} */
  Duration awaitIdle(Duration atMost) throws IOException, InterruptedException {
    long from = System.nanoTime();
    while (!isIdle() && System.nanoTime() - from < atMost.toNanos()) {
      LockSupport.parkNanos(POLL.toNanos());
    }
    return Duration.ofNanos(System.nanoTime() - from);
  }

  /** Waits until a slot works. */
  void awaitBusy() throws IOException, InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (isIdle() && System.nanoTime() < deadline) {
      LockSupport.parkNanos(POLL.toNanos());
    }
  }

  /** {@return how many tokens a text is} */
  int tokens(String text) throws IOException, InterruptedException {
    var content = new Json.Str(text).write();
    var tokens = post("/tokenize", "{\"content\":" + content + "}").array("tokens");
    return tokens == null ? -1 : tokens.items().size();
  }

  /**
   * {@return the answer to a request that does not stream} It takes a connection of its own: the
   * engine closes an idle one after five seconds, and a POST that it crosses there fails.
   */
  Json.Obj post(String path, String body) throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(url().resolve(path))
            .timeout(PATIENCE)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    HttpResponse<String> response;
    try (var once = client()) {
      response = once.send(request, HttpResponse.BodyHandlers.ofString());
    }
    if (response.statusCode() != 200) {
      throw new IOException(path + ": must be 200, was " + response.statusCode() + response.body());
    }
    try {
      return (Json.Obj) Json.parse(response.body());
    } catch (Json.MalformedException e) {
      throw new IOException(e);
    }
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    var request = HttpRequest.newBuilder(url().resolve(path)).timeout(PATIENCE).GET().build();
    return http.send(request, HttpResponse.BodyHandlers.ofString());
  }

  /** Kills the process, as the kernel does when memory is short. */
  void kill() throws InterruptedException {
    running().destroyForcibly().waitFor();
  }

  /** Stops the process where it is; its sockets stay open and silent. */
  void pause() throws IOException, InterruptedException {
    signal("-STOP");
  }

  /** Lets a stopped process run on. */
  void proceed() throws IOException, InterruptedException {
    signal("-CONT");
  }

  private void signal(String name) throws IOException, InterruptedException {
    new ProcessBuilder("kill", name, Long.toString(running().pid())).start().waitFor();
  }

  private Process running() {
    if (process == null) {
      throw new IllegalStateException("the engine was never launched");
    }
    return process;
  }

  private String tail() throws IOException {
    var lines = Files.readAllLines(log);
    return String.join("\n", lines.subList(Math.max(0, lines.size() - 5), lines.size()));
  }

  @Override
  public void close() throws IOException {
    Runtime.getRuntime().removeShutdownHook(onExit);
    end();
    http.close();
    Files.deleteIfExists(log);
  }

  private void end() {
    var ending = process;
    if (ending != null) {
      ending.destroyForcibly();
      try {
        ending.waitFor(10, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
