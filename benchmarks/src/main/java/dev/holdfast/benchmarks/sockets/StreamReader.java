package dev.holdfast.benchmarks.sockets;

import dev.holdfast.netty.NettyTransport;

/** A client that reads one answer after another. Thread-safe. */
interface StreamReader extends AutoCloseable {
  /**
   * Reads one answer to its end, on this thread or others.
   *
   * @param events how many the server shall send, if {@code rate} is 0
   * @param rate events a second, without an end; 0 for as fast as possible
   * @throws Exception if the client reports that the answer broke
   */
  void read(int events, int rate, EventCount count) throws Exception;

  /** Leaves the open streams. */
  @Override
  void close();

  /** {@return the client of that name} */
  static StreamReader of(String name, int port) {
    return switch (name) {
      case "floor" -> new FloorReader(port);
      case "holdfast" -> new HoldfastReader(port, null);
      case "holdfast-netty" -> new HoldfastReader(port, new NettyTransport());
      case "okhttp-sse" -> new OkHttpReader(port);
      case "openai-java" -> new OpenAiJavaReader(port);
      case "langchain4j" -> new LangChain4jStreams(port);
      default ->
          throw new IllegalArgumentException(
              "client: must be floor, holdfast, holdfast-netty, okhttp-sse, openai-java or"
                  + " langchain4j, was "
                  + name);
    };
  }

  /** {@return the value of the header by which the server knows what to send} */
  static String bench(int events, int rate) {
    return events + " " + rate;
  }

  /** {@return the body that every client sends} */
  static String body() {
    return "{\"model\":\"gpt-4.1\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Go\"}]}";
  }
}
