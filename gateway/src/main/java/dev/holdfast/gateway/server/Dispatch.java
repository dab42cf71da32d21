package dev.holdfast.gateway.server;

import dev.holdfast.core.spi.SharedState;
import dev.holdfast.gateway.access.KeyRing;
import dev.holdfast.gateway.access.Tenant;
import dev.holdfast.gateway.access.Tenant.Admission;
import dev.holdfast.gateway.config.KeyConfig;
import dev.holdfast.gateway.config.UpstreamConfig;
import dev.holdfast.gateway.config.UpstreamConfig.Family;
import dev.holdfast.gateway.manage.ExchangeRecord;
import dev.holdfast.gateway.manage.Outcome;
import dev.holdfast.gateway.manage.UsageEntry;
import dev.holdfast.gateway.message.Credentials;
import dev.holdfast.gateway.message.ForwardedHeaders;
import dev.holdfast.gateway.message.Refusal;
import dev.holdfast.gateway.message.RequestScan;
import dev.holdfast.gateway.route.ClientProtocol;
import dev.holdfast.gateway.route.Hop;
import dev.holdfast.gateway.route.RequestPath;
import dev.holdfast.gateway.route.Route;
import dev.holdfast.gateway.route.SessionHash;
import dev.holdfast.gateway.shared.Kind;
import dev.holdfast.gateway.shared.SharedLink;
import dev.holdfast.gateway.upstream.Destination;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Decides where one request goes, and whether its key may send it. Every decision is made on the
 * same parsed path and body, by the setup that was in force when the request arrived.
 */
final class Dispatch {
  /** A request that was refused; the refusal is the whole message. */
  static final class RefusedException extends Exception {
    private static final long serialVersionUID = 1;
    private final transient Refusal refusal;

    RefusedException(Refusal refusal) {
      super(refusal.code(), null, false, false);
      this.refusal = refusal;
    }

    Refusal refusal() {
      return refusal;
    }
  }

  private static final Pattern GOOGLE_MODEL = Pattern.compile("(.*/models/)([^/:]+)(:.*)?");
  private static final Pattern FREE =
      Pattern.compile(
          ".*(?:/count_tokens|/input_tokens|:countTokens|/tokenize|/cancel)"
              + "|.*/(?:files|uploads)(?:/.*)?");
  private static final byte[] NOTHING = {};

  /** The input of a request whose length is not known before its end. */
  private static final long UNKNOWN_TOKENS = 1_000;

  private static final int BYTES_PER_TOKEN = 4;

  private final ServerContext server;
  private final Setup setup;
  private final ExchangeRecord record;
  private final HttpMethod method;
  private final HttpHeaders headers;
  private final RequestPath path;
  private final ClientProtocol front;
  private final KeyRing.@Nullable Found found;

  /** A dispatch for a request whose key, if one is needed, was found. */
  Dispatch(
      ServerContext server,
      Setup setup,
      ExchangeRecord record,
      HttpMethod method,
      HttpHeaders headers,
      RequestPath path,
      ClientProtocol front,
      KeyRing.@Nullable Found found) {
    this.server = server;
    this.setup = setup;
    this.record = record;
    this.method = method;
    this.headers = headers;
    this.path = path;
    this.front = front;
    this.found = found;
  }

  /** {@return the key of the request; null where none is needed} */
  KeyRing.@Nullable Found found() {
    return found;
  }

  /** {@return whether the body decides: which model it names, or whether it asks for a stream} */
  boolean needsBody() {
    if (!method.equals(HttpMethod.POST)) {
      return false;
    }
    boolean byModel =
        setup.router().goesByModel(front) || (found != null && found.tenant().isBoundToModels());
    return front.dialect() != null
        || (byModel
            && front.family() != Family.GOOGLE
            && headers.get("content-type", "").startsWith("application/json"));
  }

  /** {@return the model that a body of Google's has in its path; else that of the body} */
  String model(String ofBody) {
    if (front.family() != Family.GOOGLE) {
      return ofBody;
    }
    var matcher = GOOGLE_MODEL.matcher(path.path());
    return matcher.matches() ? matcher.group(2) : "";
  }

  /** Where a request goes, best first, and what is decided about its stream. */
  record Ways(
      Route route, List<Destination> destinations, @Nullable RequestScan scan, long length) {}

  /**
   * {@return where the request goes} No quota is reserved; a {@link Gate} must follow, unless
   * another request has paid.
   *
   * @param body the body; null where it follows piece by piece
   * @param length of the body; negative if unknown
   * @throws RefusedException if it goes nowhere
   */
  Ways route(String model, byte @Nullable [] body, long length) throws RefusedException {
    Tenant tenant = found == null ? null : found.tenant();
    Route route = setup.router().route(front, model);
    boolean several = route != null && route.hops().size() > 1;
    boolean renames =
        route != null && route.hops().stream().anyMatch(hop -> !hop.model().isEmpty());
    boolean bound = tenant != null && tenant.isBoundToModels();
    boolean decides = bound || setup.router().goesByModel(front);
    boolean scans = several || renames || decides || tenant != null;
    RequestScan scan = scans && body != null ? RequestScan.of(body) : null;
    if (decides && scan != null && scan.isAmbiguous()) {
      throw new RefusedException(Refusals.twoModels());
    }
    if (tenant != null && bound && !mayRead(model, tenant)) {
      throw new RefusedException(Refusals.model(model));
    }
    if (route == null) {
      throw new RefusedException(
          model.isEmpty() || !setup.router().goesByModel(front)
              ? Refusals.noUpstream()
              : Refusals.noRoute(model));
    }
    long session = several ? session(scan) : 0;
    List<Hop> hops = route.order(session, upstream -> tenant == null || tenant.mayAsk(upstream));
    if (hops.isEmpty()) {
      throw new RefusedException(Refusals.upstream());
    }
    if (several && route.bindsState() && scan != null && !scan.states().isEmpty()) {
      hops = List.of(bound(hops, scan, session));
    }
    var destinations = new ArrayList<Destination>();
    for (var hop : hops) {
      destinations.add(destination(hop, model, body, scan));
    }
    if (several) {
      record.onFinish(finished -> remember(finished, session));
    }
    return new Ways(route, destinations, scan, body == null ? length : body.length);
  }

  /** Reading what is there names no model; everything else must name one that is allowed. */
  private boolean mayRead(String model, Tenant tenant) {
    boolean reads = method.equals(HttpMethod.GET) || method.equals(HttpMethod.HEAD);
    return model.isEmpty() ? reads : tenant.maySend(model);
  }

  // ---------------------------------------------------------------- sessions

  /** {@return a number that requests of one session have in common} */
  private long session(@Nullable RequestScan scan) {
    long tenant = found == null ? 0 : SessionHash.of(found.tenant().name());
    String named = record.session();
    String inBody = scan == null ? null : scan.session();
    if (named.isEmpty() && inBody != null) {
      named = inBody;
    }
    if (!named.isEmpty()) {
      // Without the credential: some are renewed while a session lasts.
      return SessionHash.mix(tenant ^ SessionHash.of(named));
    }
    Long opening = scan == null ? null : scan.opening();
    if (opening == null) {
      return ThreadLocalRandom.current().nextLong();
    }
    var presented = Credentials.presented(headers, path.query());
    long owner = presented.isEmpty() ? 0 : SessionHash.of(presented.getFirst());
    return SessionHash.mix(tenant ^ owner ^ opening);
  }

  /** State that one provider wrote goes to it alone; where that is unknown, to the first. */
  private Hop bound(List<Hop> hops, RequestScan scan, long session) throws RefusedException {
    String origin = server.origins().of(scan.states(), session);
    var link = server.shared();
    if (origin == null
        && link != null
        && !link.isReachable()
        && link.shares(Kind.AFFINITY)
        && link.refuses(Kind.AFFINITY)) {
      throw new RefusedException(Refusals.away(Kind.AFFINITY.id()));
    }
    for (var hop : hops) {
      if (hop.upstream().name().equals(origin)) {
        return hop;
      }
    }
    return hops.getFirst();
  }

  private void remember(ExchangeRecord finished, long session) {
    var outcome = finished.outcome();
    boolean answered =
        outcome == Outcome.COMPLETE
            || outcome == Outcome.RECOVERED
            || outcome == Outcome.TRUNCATED
            || (outcome == Outcome.RELAYED && finished.status() < 300);
    if (answered) {
      server.origins().wrote(session, finished.upstream());
      finished.states().forEach(state -> server.origins().wrote(state, finished.upstream()));
    }
  }

  // ---------------------------------------------------------------- what is sent

  private Destination destination(
      Hop hop, String model, byte @Nullable [] body, @Nullable RequestScan scan)
      throws RefusedException {
    UpstreamConfig upstream = hop.upstream();
    String key = found == null ? "" : found.key();
    String target = path.path();
    byte[] sent = body == null ? NOTHING : body;
    boolean renamed = !hop.model().isEmpty() && !model.isEmpty();
    if (renamed && front.family() == Family.GOOGLE) {
      var matcher = GOOGLE_MODEL.matcher(target);
      String rest = matcher.matches() && matcher.group(3) != null ? matcher.group(3) : "";
      target = matcher.matches() ? matcher.group(1) + hop.model() + rest : target;
    } else if (renamed) {
      byte[] changed = scan == null ? null : scan.withModel(hop.model());
      if (changed == null) {
        throw new RefusedException(Refusals.noRename());
      }
      sent = changed;
    }
    return new Destination(
        setup.shared(upstream),
        new RequestPath(target, Credentials.query(upstream, path.query(), key)),
        Credentials.at(upstream, ForwardedHeaders.upstream(headers), key),
        sent,
        renamed ? hop.model() : model);
  }

  /** {@return the first destination whose circuit is closed; else the first} */
  static Destination available(List<Destination> destinations, long nowNanos) {
    for (var destination : destinations) {
      if (destination.upstream().state().standing(nowNanos).waitNanos() == 0) {
        return destination;
      }
    }
    return destinations.getFirst();
  }

  // ---------------------------------------------------------------- quotas

  /** {@return whether its key has a limit} */
  boolean isLimited() {
    return found != null && !found.tenant().limits().equals(KeyConfig.KeyLimits.NONE);
  }

  /** {@return what gateways with one Redis name its key by} */
  String tenantTag() {
    return tenantTag(found);
  }

  /** {@return what gateways with one Redis name a key by; null for a request without one} */
  static String tenantTag(KeyRing.@Nullable Found found) {
    return found == null
        ? "open"
        : HexFormat.of().toHexDigits(SessionHash.of(found.tenant().sha256()));
  }

  /**
   * {@return the request as what gateways share has it}
   *
   * @param name of its reservation; empty if nothing is to be counted
   */
  SharedState.Arrival arrival(Ways ways, String name, SharedState.@Nullable Claim claim) {
    return arrival(ways, name, false, claim);
  }

  private SharedState.Arrival arrival(
      Ways ways, String name, boolean forced, SharedState.@Nullable Claim claim) {
    if (found == null || name.isEmpty()) {
      return new SharedState.Arrival(tenantTag(), SharedState.Quota.NONE, "", 0, forced, claim);
    }
    var limits = found.tenant().limits();
    var quota =
        new SharedState.Quota(
            limits.requestsPerMinute(),
            limits.concurrentStreams(),
            limits.tokensPerMinute(),
            limits.tokensPerDay());
    return new SharedState.Arrival(
        tenantTag(), quota, name, tokens(found.tenant(), ways), forced, claim);
  }

  /** Counts here what all gateways let in together; the record settles it here and there. */
  void granted(Ways ways, SharedLink link, String name) {
    var granted = count(ways);
    if (granted != null) {
      String tag = tenantTag();
      granted.onSettled(used -> link.settle(tag, name, used));
    }
  }

  /** Counts a request here that no limit refuses; the record settles it. */
  void granted(Ways ways) {
    var unused = count(ways);
  }

  private Admission.@Nullable Granted count(Ways ways) {
    Tenant tenant = found == null ? null : found.tenant();
    if (tenant == null) {
      return null;
    }
    var streams = server.streams();
    var granted =
        tenant.readmit(
            tokens(tenant, ways), streams.clock().getAsLong(), streams.epochMillis().getAsLong());
    record.onFinish(finished -> settle(finished, granted));
    return granted;
  }

  /**
   * Reserves the quota of a request, by what this gateway has counted; the record settles it.
   *
   * @param name of its reservation, where what it used is to be counted by all gateways once they
   *     can; null where they share nothing
   * @throws RefusedException if a limit of its key is reached
   */
  void admit(Ways ways, @Nullable String name) throws RefusedException {
    Tenant tenant = found == null ? null : found.tenant();
    if (tenant == null) {
      return;
    }
    var streams = server.streams();
    Admission admission =
        tenant.admit(
            tokens(tenant, ways), streams.clock().getAsLong(), streams.epochMillis().getAsLong());
    switch (admission) {
      case Admission.Refused refused -> throw new RefusedException(Refusals.limited(refused));
      case Admission.Granted granted -> {
        var link = server.shared();
        if (name != null && link != null && link.shares(Kind.LIMITS) && isLimited()) {
          String tag = tenantTag();
          granted.onSettled(used -> link.settle(tag, name, used));
        }
        record.onFinish(finished -> settle(finished, granted));
      }
    }
  }

  /** Counts a request that another process has admitted; no limit refuses it. */
  void readmit(Ways ways) {
    var link = server.shared();
    if (link == null || !link.shares(Kind.LIMITS) || !isLimited()) {
      granted(ways);
      return;
    }
    String name = link.name();
    link.count(arrival(ways, name, true, null));
    granted(ways, link, name);
  }

  private long tokens(Tenant tenant, Ways ways) {
    boolean free = !method.equals(HttpMethod.POST) || FREE.matcher(path.path()).matches();
    RequestScan scan = ways.scan();
    long bytes = scan == null ? ways.length() : scan.textBytes();
    long input = bytes < 0 ? UNKNOWN_TOKENS : bytes / BYTES_PER_TOKEN;
    return free ? 0 : tenant.estimate(input, scan == null ? -1 : scan.maxOutput());
  }

  private static void settle(ExchangeRecord finished, Admission.Granted granted) {
    var outcome = finished.outcome();
    UsageEntry usage = finished.usage();
    var source = usage == null ? UsageEntry.Source.UNKNOWN : usage.source();
    long wasted = usage == null ? 0 : Math.max(0, usage.wasted());
    if (usage != null && source == UsageEntry.Source.REPORTED) {
      granted.settle(usage.input() + wasted, usage.output());
    } else if (usage != null && source == UsageEntry.Source.ESTIMATED) {
      granted.settle(Math.max(0, usage.input()) + Math.max(0, usage.output()) + wasted, -1);
    } else if (outcome == Outcome.REFUSED
        || outcome == Outcome.REJECTED
        || outcome == Outcome.FAILED
        || finished.isAttached() // Another request has paid.
        || (outcome == Outcome.RELAYED && finished.status() >= 400)) {
      granted.release();
    } else {
      granted.settleAtEstimate(); // Leaving early, or a silent provider, is not free.
    }
  }
}
