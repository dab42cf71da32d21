package dev.holdfast.gateway.config.file;

import dev.holdfast.core.policy.FailoverPolicy;
import dev.holdfast.core.relay.KeepAlive;
import dev.holdfast.gateway.config.ClientGone;
import dev.holdfast.gateway.config.Clocks;
import dev.holdfast.gateway.config.Credential;
import dev.holdfast.gateway.config.Delivery;
import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.Identical;
import dev.holdfast.gateway.config.JournalConfig;
import dev.holdfast.gateway.config.JournalPlace;
import dev.holdfast.gateway.config.KeyConfig;
import dev.holdfast.gateway.config.Limits;
import dev.holdfast.gateway.config.ListenConfig;
import dev.holdfast.gateway.config.ManagementConfig;
import dev.holdfast.gateway.config.MemoryLimits;
import dev.holdfast.gateway.config.ModelPattern;
import dev.holdfast.gateway.config.RelayClocks;
import dev.holdfast.gateway.config.RouteConfig;
import dev.holdfast.gateway.config.SharedConfig;
import dev.holdfast.gateway.config.StreamSettings;
import dev.holdfast.gateway.config.UiConfig;
import dev.holdfast.gateway.config.UpstreamConfig;
import dev.holdfast.gateway.tls.TlsFiles;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Which keys there are, and what each becomes: a line for each. */
final class ConfigReader {
  private static final Duration LEAST = Duration.ofMillis(1);
  private static final Duration LONGEST = Duration.ofHours(24);
  private static final Pattern CLIENT_GONE =
      Pattern.compile("auto|cancel|(drain|detach)\\(([^()]+)\\)");
  private static final long UNLIMITED = 0;
  private static final long MOST = 1L << 50;

  private final Findings findings;

  /** Whether what the configuration names must be there, and be right. */
  private final boolean readsFiles;

  private final List<UpstreamConfig> upstreams = new ArrayList<>();

  /** Names of upstreams that are there, and wrong: what refers to them is no further error. */
  private final Set<String> wrong = new HashSet<>();

  ConfigReader(Findings findings, boolean readsFiles) {
    this.findings = findings;
    this.readsFiles = readsFiles;
  }

  @Nullable GatewayConfig config(Binding file) {
    var defaults = GatewayConfig.DEFAULT;
    ListenConfig listen = file.section("listen", this::listen);
    StreamSettings streams = file.section("streams", s -> streams(s, StreamSettings.DEFAULT));
    Limits limits = file.section("limits", this::limits);
    Duration drain = file.time("drain", defaults.drain(), Duration.ZERO, LONGEST);
    JournalConfig journal = file.<@Nullable JournalConfig>section("journal", ConfigReader::journal);
    UiConfig read = file.<@Nullable UiConfig>section("uiMessages", ConfigReader::ui);
    UiConfig ui = file.has("uiMessages") ? read : null;
    file.sections("upstreams", this::upstream);
    if (file.has("upstreams") && upstreams.isEmpty() && findings.isEmpty()) {
      file.error("upstreams", "must have at least one upstream");
    }
    var asked = upstreams.isEmpty() ? UpstreamConfig.defaults() : List.copyOf(upstreams);
    List<RouteConfig> routes = file.sections("routes", r -> route(r, streams, asked));
    var keys = new ArrayList<KeyConfig>();
    file.sections("keys", k -> key(k, asked, keys));
    if (!findings.isEmpty()) {
      return null;
    }
    // What is left concerns several parts.
    String at = listen.address().isLoopbackAddress() ? "upstreams" : "listen";
    return file.checked(
        at,
        () -> new GatewayConfig(listen, streams, limits, asked, routes, keys, drain, journal, ui));
  }

  private ListenConfig listen(Binding listen) {
    String host = listen.text("host", "127.0.0.1");
    int port = (int) listen.number("port", 4180, 0, 65_535);
    ManagementConfig management = management(listen);
    Set<String> names = Set.copyOf(listen.texts("names", name -> name));
    Duration accepting = listen.time("acceptAfterSignal", Duration.ZERO, Duration.ZERO, LONGEST);
    var made =
        listen.checked(() ->
            new ListenConfig(address("host", host), port, management, names, null, accepting));
    var changed = made == null ? ListenConfig.DEFAULT : made;
    return listen.section("tls", tls -> changed.withTls(tls(tls)));
  }

  private static ManagementConfig management(Binding listen) {
    String host = listen.text("managementHost", "127.0.0.1");
    int port = (int) listen.number("managementPort", 0, 0, 65_535);
    Set<String> names = Set.copyOf(listen.texts("managementNames", name -> name));
    String hash = listen.text("managementSha256", "");
    boolean open = listen.truth("managementOpen", false);
    var made =
        listen.checked(
            () -> new ManagementConfig(address("managementHost", host), port, names, hash, open));
    return made == null ? ManagementConfig.DEFAULT : made;
  }

  private ListenConfig.@Nullable Tls tls(Binding tls) {
    String certificate = tls.text("certificate", "");
    String key = tls.text("key", "");
    boolean http2 = tls.onOff("http2", false);
    if (certificate.isEmpty() != key.isEmpty()) {
      tls.error(certificate.isEmpty() ? "certificate" : "key", "must be there beside the other");
    }
    if (certificate.isEmpty() || key.isEmpty()) {
      return null;
    }
    Path chain = tls.checked("certificate", () -> path(certificate));
    Path secret = tls.checked("key", () -> path(key));
    if (chain == null || secret == null) {
      return null;
    }
    if (readsFiles) {
      read(tls, chain, secret);
    }
    return new ListenConfig.Tls(chain, secret, http2);
  }

  private static Path path(String text) {
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException("must be a file's name, was '" + text + "'");
    }
  }

  private static void read(Binding tls, Path certificate, Path key) {
    var chain = tls.checked("certificate", () -> TlsFiles.certificates(certificate));
    var secret = tls.checked("key", () -> TlsFiles.key(key));
    if (chain != null && secret != null) {
      var unused =
          tls.checked(
              "key",
              () -> {
                TlsFiles.match(chain, secret, key);
                return key;
              });
    }
  }

  private static InetAddress address(String key, String host) {
    try {
      return InetAddress.getByName(host);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(
          key + ": must be an address of this machine, was '" + host + "'");
    }
  }

  /** The gateway's, or those of a route, which begin with the gateway's. */
  private StreamSettings streams(Binding streams, StreamSettings start) {
    Duration hold = streams.time("holdHead", start.holdHead(), Duration.ZERO, LONGEST);
    Duration alive = streams.time("keepAlive", start.keepAlive(), LEAST, LONGEST);
    Clocks clocks = streams.section("clocks", c -> clocks(c, start.clocks()));
    StreamSettings settings =
        streams.section("failover", f -> start.withFailover(failover(f, start.failover())));
    var relayed = start.relayed();
    RelayClocks calls =
        streams.section(
            "relayed",
            r ->
                new RelayClocks(
                    r.time("firstByte", relayed.firstByte(), LEAST, LONGEST),
                    r.time("idle", relayed.idle(), LEAST, LONGEST)));
    return settings
        .withSignsOfLife(hold, alive)
        .withClocks(clocks)
        .withRelayed(calls)
        .withDelivery(delivery -> delivery(streams, delivery));
  }

  private static Delivery delivery(Binding streams, Delivery start) {
    return start
        .withClientGone(clientGone(streams, start.clientGone()))
        .withKeepAlive(streams.word("keepAliveForm", KeepAlive.class, start.keepAlive()))
        .withIdentical(
            streams.word("identical", Identical.class, start.identical()),
            streams.time("identicalWindow", start.identicalWindow(), LEAST, LONGEST))
        .withUsageAsked(streams.truth("askForUsage", start.asksForUsage()));
  }

  private static ClientGone clientGone(Binding streams, ClientGone start) {
    String key = "onClientGone";
    String text = streams.text(key, "");
    var parts = CLIENT_GONE.matcher(text);
    if (text.isEmpty()) {
      return start;
    }
    if (!parts.matches()) {
      streams.error(key, "must be auto, cancel, drain(60s) or detach(5m), with a time", text);
      return start;
    }
    if (parts.group(1) == null) {
      return text.equals("auto") ? new ClientGone.Auto() : new ClientGone.Cancel();
    }
    Duration time = Binding.duration(parts.group(2));
    if (time == null || time.compareTo(LONGEST) > 0 || time.isZero()) {
      streams.error(key, "must have a time of 1ms to 24h, as drain(60s)", text);
      return start;
    }
    return parts.group(1).equals("drain")
        ? new ClientGone.Drain(time)
        : new ClientGone.Detach(time);
  }

  private static Clocks clocks(Binding clocks, Clocks start) {
    return new Clocks(
        clock(clocks, "connect", start.connect()),
        clock(clocks, "firstContent", start.firstContent()),
        clock(clocks, "idle", start.idle()),
        clock(clocks, "progress", start.progress()));
  }

  private static @Nullable Duration clock(Binding clocks, String key, @Nullable Duration start) {
    Duration least = key.equals("connect") ? LEAST : Duration.ZERO;
    Duration set = clocks.time(key, least, LONGEST);
    return set == null ? start : set;
  }

  private static @Nullable FailoverPolicy failover(
      Binding failover, @Nullable FailoverPolicy start) {
    var from = start == null ? FailoverPolicy.DEFAULT : start;
    boolean elsewhere = failover.truth("continueElsewhere", from.continueElsewhere());
    Duration hedge = failover.time("hedgeAfter", from.hedgeAfter(), Duration.ZERO, LONGEST);
    var made = new FailoverPolicy(elsewhere, hedge);
    return start == null && made.equals(FailoverPolicy.DEFAULT) ? null : made;
  }

  private Limits limits(Binding limits) {
    var start = Limits.DEFAULT;
    return start
        .withHeadBytes((int) limits.size("headBytes", start.headBytes(), 1 << 10, 1 << 20))
        .withBodyBytes(limits.size("bodyBytes", start.bodyBytes(), 1, 1 << 30))
        .withConnections((int) limits.number("connections", start.connections(), 1, 1 << 24))
        .withStreams((int) limits.number("streams", start.streams(), 1, 1 << 16))
        .withTimes(
            limits.time("headTime", start.headTime(), LEAST, LONGEST),
            limits.time("bodyTime", start.bodyTime(), LEAST, LONGEST),
            limits.time("idleTime", start.idleTime(), LEAST, LONGEST))
        .withReadTime(limits.time("readTime", start.readTime(), LEAST, LONGEST))
        .withMemory(limits.section("memory", m -> memory(m, start.memory())));
  }

  private static MemoryLimits memory(Binding memory, MemoryLimits start) {
    return new MemoryLimits(
        memory.size("requests", start.requests(), 0, MOST),
        memory.size("answers", start.answers(), 0, MOST),
        (int) memory.size("oneAnswer", start.oneAnswer(), 0, 1 << 30));
  }

  private static @Nullable JournalConfig journal(Binding journal) {
    var place = place(journal);
    // All keys are read where the place is wrong, too, or they would be reported as unknown.
    var start = place == null ? JournalConfig.at(Path.of("")) : place;
    Duration ttl =
        journal.time("ttl", start.ttl(), Duration.ofSeconds(1), JournalConfig.LONGEST_TTL);
    Duration wait = journal.time("waitForClient", start.waitForClient(), Duration.ZERO, LONGEST);
    var sync = journal.word("sync", JournalConfig.Sync.class, start.sync());
    long bytes = journal.size("totalBytes", start.totalBytes(), JournalConfig.LEAST_BYTES, MOST);
    var full = journal.word("whenFull", JournalConfig.WhenFull.class, start.whenFull());
    String key = journal.text("key", "");
    var shared = journal.section("shared", ConfigReader::shared);
    if (journal.has("key") && !journal.isVariable("key")) {
      journal.error("key", "must be ${NAME} of an environment variable, was (hidden)");
      return null;
    }
    var secret = journal.checked("key", () -> new JournalConfig.Key(key));
    if (place == null || secret == null) {
      return null;
    }
    if (!start.isKept(ttl)) {
      journal.error("ttl", JournalConfig.TTL_RULE, journal.text("ttl", ""));
      return null;
    }
    var timed = start.withTimes(ttl, wait).withSpace(bytes, full);
    var synced = journal.checked("sync", () -> timed.withSync(sync));
    var sharing =
        synced == null ? null : journal.checked("shared", () -> synced.withShared(shared));
    return sharing == null ? null : journal.checked("key", () -> sharing.withKey(secret));
  }

  /** {@return a journal at its place; null if that is missing or wrong} */
  private static @Nullable JournalConfig place(Binding journal) {
    String directory = journal.text("directory");
    String prefix = journal.text("prefix", JournalPlace.PREFIX);
    Duration lease =
        journal.time(
            "lease", JournalPlace.LEASE, JournalPlace.LEAST_LEASE, JournalPlace.LONGEST_LEASE);
    if (directory == null) {
      if (journal.isThere() && !journal.has("directory")) {
        journal.error("directory", "must be there");
      }
      return null;
    }
    return switch (journal.checked("directory", () -> JournalPlace.of(directory))) {
      case null -> null;
      case JournalPlace.Directory there -> JournalConfig.at(there.path());
      case JournalPlace.Redis redis ->
          journal.checked(
              "prefix",
              () -> JournalConfig.at(new JournalPlace.Redis(redis.address(), prefix, lease)));
    };
  }

  private static SharedConfig shared(Binding shared) {
    var start = SharedConfig.DEFAULT;
    return new SharedConfig(
        shared.word("limits", SharedConfig.Sharing.class, start.limits()),
        shared.word("identical", SharedConfig.Sharing.class, start.identical()),
        shared.word("upstreams", SharedConfig.Sharing.class, start.upstreams()),
        shared.word("affinity", SharedConfig.Sharing.class, start.affinity()),
        shared.time("wait", start.patience(), SharedConfig.LEAST_WAIT, SharedConfig.LONGEST_WAIT));
  }

  private static @Nullable UiConfig ui(Binding ui) {
    var start = UiConfig.DEFAULT;
    String path = ui.text("path", start.path());
    String protocol = ui.has("protocol") ? ui.choice("protocol", UiConfig.PROTOCOLS) : "";
    String model = ui.text("model", "");
    String system = ui.text("system", "");
    int maxTokens = (int) ui.number("maxTokens", 0, 1, 1 << 30);
    return ui.checked(() -> new UiConfig(path, protocol, model, system, maxTokens));
  }

  // ---------------------------------------------------------------- upstreams

  private @Nullable UpstreamConfig upstream(Binding upstream) {
    String name = upstream.required("name");
    UpstreamConfig made = upstream(upstream, name);
    if (made == null) {
      wrong.add(name);
    }
    return made;
  }

  private @Nullable UpstreamConfig upstream(Binding upstream, String name) {
    String protocol = upstream.choice("protocol", UpstreamConfig.PROTOCOLS);
    String url = upstream.required("url");
    String profile = upstream.text("profile", "");
    Credential credential = credential(upstream);
    boolean repair = upstream.onOff("repair", false);
    var http2 = upstream.word("http2", UpstreamConfig.Http2.class, UpstreamConfig.Http2.AUTO);
    if (name.isEmpty() || protocol.isEmpty() || url.isEmpty()) {
      return null;
    }
    UpstreamConfig found = upstream.checked("url", () -> named(protocol, url));
    if (found == null) {
      return null;
    }
    var named = upstream.checked("name", () -> found.withName(name));
    var profiled =
        profile.isEmpty() ? found : upstream.checked("profile", () -> found.withProfile(profile));
    if (named == null || profiled == null) {
      return null;
    }
    if (upstreams.stream().anyMatch(other -> other.name().equals(name))) {
      upstream.error("name", "must be an upstream's own", name);
      return null;
    }
    var made =
        profiled.withName(name).withCredential(credential).withRepair(repair).withHttp2(http2);
    upstreams.add(made);
    return made;
  }

  private static UpstreamConfig named(String protocol, String url) {
    if (url.contains("=") && url.indexOf('=') < url.indexOf(':')) {
      throw new IllegalArgumentException("url: must have an http or https address");
    }
    return UpstreamConfig.parse(protocol + "=" + url);
  }

  private static Credential credential(Binding upstream) {
    String written = upstream.text("credential", "client");
    String header = upstream.text("credentialHeader", "");
    if (upstream.isVariable("credential")) {
      var own = upstream.checked("credential", () -> new Credential.Own(header, written));
      return own == null ? Credential.NONE : own;
    }
    if (!header.isEmpty()) {
      upstream.error("credentialHeader", "must go with a credential of ${NAME}", header);
    }
    return switch (written) {
      case "client" -> Credential.PASSED;
      case "none" -> Credential.NONE;
      default -> {
        upstream.error("credential", "must be client, none, or ${NAME}, was (hidden)");
        yield Credential.NONE;
      }
    };
  }

  // ---------------------------------------------------------------- routes

  private @Nullable RouteConfig route(
      Binding route, StreamSettings streams, List<UpstreamConfig> asked) {
    List<ModelPattern> models = route.texts("models", ModelPattern::new);
    var targets = route.sectionsOrTexts("upstreams", "name", ConfigReader::target);
    boolean bound = route.truth("boundState", true);
    StreamSettings settings = route.section("streams", s -> streams(s, streams));
    if (!route.has("upstreams")) {
      route.error("upstreams", "must be there");
    }
    if (targets.isEmpty()) {
      if (findings.isEmpty()) {
        route.error("upstreams", "must have at least one upstream");
      }
      return null;
    }
    return route.checked(
        "upstreams",
        () -> {
          var made = new RouteConfig(models, targets, bound, settings);
          if (targets.stream().noneMatch(target -> wrong.contains(target.upstream()))) {
            made.check(asked);
          }
          return made;
        });
  }

  private static RouteConfig.@Nullable Target target(Binding target) {
    String name = target.required("name");
    int weight = (int) target.number("weight", 0, 1, 1_000);
    String model = target.text("model", "");
    return name.isEmpty()
        ? null
        : target.checked(() -> new RouteConfig.Target(name, weight, model));
  }

  // ---------------------------------------------------------------- keys

  private @Nullable KeyConfig key(Binding key, List<UpstreamConfig> asked, List<KeyConfig> before) {
    String name = key.required("name");
    String hash = key.required("sha256");
    List<ModelPattern> models = key.texts("models", ModelPattern::new);
    List<String> only = key.texts("upstreams", upstream -> upstream);
    var limits =
        new KeyConfig.KeyLimits(
            key.number("requestsPerMinute", UNLIMITED, 1, MOST),
            key.number("concurrentStreams", UNLIMITED, 1, MOST),
            key.number("tokensPerMinute", UNLIMITED, 1, MOST),
            key.number("tokensPerDay", UNLIMITED, 1, MOST));
    if (name.isEmpty() || hash.isEmpty()) {
      return null;
    }
    var made =
        key.checked(() -> {
          var one = new KeyConfig(name, hash, models, only, limits);
          if (only.stream().noneMatch(wrong::contains)) {
            one.check(asked);
          }
          return one;
        });
    if (made == null) {
      return null;
    }
    for (var other : before) {
      if (other.name().equals(name)) {
        key.error("name", "must be a key's own", name);
      }
      if (other.sha256().equals(hash)) {
        key.error("sha256", "must be of a key of its own, was that of " + other.name());
      }
    }
    before.add(made);
    return made;
  }
}
