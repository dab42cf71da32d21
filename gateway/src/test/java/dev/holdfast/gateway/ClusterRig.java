package dev.holdfast.gateway;

import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.journal.RedisProcess;
import dev.holdfast.testkit.server.FaultServer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Three gateways as processes, HAProxy in front of them, a Redis that syncs each write, and an
 * upstream that counts its requests.
 */
final class ClusterRig implements AutoCloseable {
  final RedisProcess redis;
  final FaultServer upstream;
  final ClusterNodes nodes;
  private final Map<String, Integer> asked = new ConcurrentHashMap<>();
  private volatile Duration pace = Duration.ofMillis(50);

  ClusterRig(Path folder) throws IOException {
    redis =
        RedisProcess.start(
            folder.resolve("redis"), "--appendonly", "yes", "--appendfsync", "always");
    upstream =
        FaultServer.builder()
            .answer(Answer.ofText(ClusterReader.TEXT))
            .script((stream, attempt) -> {
              asked.merge(stream, attempt, Math::max);
              return List.of(new Fault.Slow(pace));
            })
            .start();
    nodes = new ClusterNodes(folder, redis.address(), upstream);
  }

  /** Sets the time between two events of an answer. */
  void pace(Duration pace) {
    this.pace = pace;
  }

  /** {@return how often the upstream was asked for an answer} */
  int asked(Protocol protocol, String prompt) {
    return asked.getOrDefault(protocol.id() + " " + prompt, 0);
  }

  @Override
  public void close() {
    nodes.close();
    upstream.close();
    redis.close();
  }
}
