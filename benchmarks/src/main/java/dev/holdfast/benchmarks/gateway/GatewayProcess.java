package dev.holdfast.benchmarks.gateway;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.holdfast.gateway.Gateway;
import dev.holdfast.gateway.NettyDefaults;
import dev.holdfast.gateway.access.GatewayKey;
import dev.holdfast.gateway.config.ClientGone;
import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.Identical;
import dev.holdfast.gateway.config.JournalConfig;
import dev.holdfast.gateway.config.JournalPlace;
import dev.holdfast.gateway.config.KeyConfig;
import dev.holdfast.gateway.config.KeyConfig.KeyLimits;
import dev.holdfast.gateway.config.Limits;
import dev.holdfast.gateway.config.ListenConfig;
import dev.holdfast.gateway.config.UpstreamConfig;
import io.netty.util.internal.PlatformDependent;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The gateway in a process of its own. Arguments are the upstream's base URL and the number of
 * event loops. Then come {@code journal=DIRECTORY|REDIS}, {@code ttl=SECONDS}, and keys as {@code
 * NAME:KEY:REQUESTS A MINUTE}. {@code tls=FOLDER} serves clients over HTTP/2 with a {@link
 * BenchCertificate}, and {@code http2=off} asks the upstream in HTTP/1.1. Recovery and the
 * dashboard's observer are on, as in {@code serve}; it keeps no access log, as the peer keeps none.
 * Prints its port, answers each line of its input by its {@link #state}, and ends with its input.
 */
final class GatewayProcess {
  /** Before a directory or a Redis for the journal. */
  static final String JOURNAL = "journal=";

  /** Before the seconds that its streams are kept. */
  static final String TTL = "ttl=";

  /** Before the folder of a certificate. */
  static final String TLS = "tls=";

  /** Asks the upstream in HTTP/1.1. */
  static final String NO_HTTP_2 = "http2=off";

  private static final int CONNECTIONS = 20_000;

  private GatewayProcess() {}

  /** Serves until the input ends. */
  public static void main(String[] arguments) throws IOException {
    NettyDefaults.use(); // As in serve.
    var keys = new ArrayList<KeyConfig>();
    JournalConfig journal = null;
    var listen = GatewayConfig.DEFAULT.listen();
    var upstream = UpstreamConfig.parse("openai-chat=" + arguments[0]);
    for (String argument : List.of(arguments).subList(2, arguments.length)) {
      if (argument.startsWith(JOURNAL)) {
        journal = journal(argument.substring(JOURNAL.length()));
      } else if (argument.startsWith(TTL) && journal != null) {
        long seconds = Long.parseLong(argument.substring(TTL.length()));
        journal = journal.withTimes(Duration.ofSeconds(seconds), journal.waitForClient());
      } else if (argument.startsWith(TLS)) {
        var folder = Path.of(argument.substring(TLS.length()));
        listen =
            listen.withTls(
                new ListenConfig.Tls(
                    BenchCertificate.certificate(folder), BenchCertificate.key(folder), true));
      } else if (argument.equals(NO_HTTP_2)) {
        upstream = upstream.withHttp2(UpstreamConfig.Http2.OFF);
      } else {
        keys.add(key(argument.split(":", -1)));
      }
    }
    var config =
        GatewayConfig.DEFAULT
            .withListen(listen)
            .withUpstreams(List.of(upstream))
            .withKeys(keys)
            .withJournal(journal)
            // All requests of a load are equal, and its streams have no end: each is its own.
            .withStreams(streams ->
                streams.withDelivery(delivery ->
                    delivery
                        .withIdentical(Identical.OFF, delivery.identicalWindow())
                        .withClientGone(new ClientGone.Cancel())))
            .withLimits(Limits.DEFAULT.withConnections(CONNECTIONS))
            .withDrain(Duration.ZERO);
    try (var gateway = Gateway.builder(config).threads(Integer.parseInt(arguments[1])).start()) {
      System.out.println(gateway.port());
      var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      while (in.readLine() != null) {
        System.out.println(state(gateway));
      }
    }
  }

  private static JournalConfig journal(String place) {
    return switch (JournalPlace.of(place)) {
      case JournalPlace.Directory directory -> JournalConfig.at(directory.path());
      case JournalPlace.Redis redis -> JournalConfig.at(redis);
    };
  }

  /**
   * {@return such a process, of which the first line is read next}
   *
   * @param options of its JVM
   * @param upstreamPort where it asks
   * @param more further arguments
   */
  static Child start(List<String> options, int upstreamPort, int loops, List<String> more)
      throws IOException {
    return start(options, "http://127.0.0.1:" + upstreamPort + "/v1", loops, more);
  }

  /**
   * {@return as above}
   *
   * @param upstream its base URL
   */
  static Child start(List<String> options, String upstream, int loops, List<String> more)
      throws IOException {
    var arguments = new ArrayList<>(List.of(upstream, Integer.toString(loops)));
    arguments.addAll(more);
    return Child.start(
        "gateway",
        Child.java(
            System.getProperty("java.class.path"),
            GatewayProcess.class,
            options,
            arguments.toArray(String[]::new)));
  }

  private static KeyConfig key(String[] parts) {
    var limits = new KeyLimits(Long.parseLong(parts[2]), 0, 0, 0);
    return new KeyConfig(parts[0], GatewayKey.hash(parts[1]), List.of(), List.of(), limits);
  }

  /**
   * {@return after a collection: bytes of heap in use, direct memory of the JDK and of Netty, open
   * descriptors, threads, open requests, bytes kept of requests, apart by spaces}
   */
  private static String state(Gateway gateway) {
    System.gc();
    System.gc();
    long direct = Math.max(0, PlatformDependent.usedDirectMemory());
    for (var pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
      direct += pool.getName().equals("direct") ? pool.getMemoryUsed() : 0;
    }
    var system = ManagementFactory.getOperatingSystemMXBean();
    long descriptors =
        system instanceof UnixOperatingSystemMXBean unix ? unix.getOpenFileDescriptorCount() : -1;
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed()
        + " "
        + direct
        + " "
        + descriptors
        + " "
        + ManagementFactory.getThreadMXBean().getThreadCount()
        + " "
        + gateway.open()
        + " "
        + gateway.keptRequestBytes();
  }
}
