package dev.holdfast.observe.debug.rules;

import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.observe.debug.facts.Facts;
import dev.holdfast.observe.debug.wire.ObservedExchange;
import dev.holdfast.observe.debug.wire.Preview;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What an error status means. */
final class StatusRules {
  static final List<DiagnosisRule> ALL =
      List.of(
          StatusRules::redirect,
          StatusRules::proxyTimeout,
          StatusRules::proxyError,
          StatusRules::auth,
          StatusRules::overRateLimit,
          StatusRules::quota,
          StatusRules::rateLimited,
          StatusRules::overloaded,
          StatusRules::notFound,
          StatusRules::tooLarge,
          StatusRules::rejected,
          StatusRules::serverError);

  private StatusRules() {}

  private static boolean isError(Facts facts) {
    var head = facts.exchange().head();
    return head != null && !head.isSuccess();
  }

  private static Finding of(Facts facts, String name, Culprit culprit, String summary) {
    var exchange = facts.exchange();
    return Finding.of(name, culprit, summary)
        .seen("HTTP " + exchange.status() + reason(exchange))
        .seen(wording(exchange))
        .seen(
            Words.header(exchange, "server"),
            Words.header(exchange, "via"),
            Words.header(exchange, "cf-ray"),
            Words.header(exchange, "x-request-id"),
            Words.header(exchange, "request-id"));
  }

  private static String reason(ObservedExchange exchange) {
    var head = exchange.head();
    return head == null || head.reason().isEmpty() ? "" : " " + Preview.of(head.reason());
  }

  /** The provider's own words, or the page's. */
  private static String wording(ObservedExchange exchange) {
    var failure = exchange.failure();
    var provider = failure == null ? null : failure.provider().orElse(null);
    if (provider == null || provider.headline().isBlank()) {
      return "";
    }
    String text = provider.headline().strip();
    return isPage(exchange) ? "the body is a web page" : "its words: " + Preview.of(text);
  }

  static boolean isPage(ObservedExchange exchange) {
    String start = exchange.bodyStart().stripLeading().toLowerCase(Locale.ROOT);
    return start.startsWith("<!doctype") || start.startsWith("<html") || start.startsWith("<head");
  }

  private static @Nullable Finding redirect(Facts facts) {
    var exchange = facts.exchange();
    if (exchange.status() / 100 != 3) {
      return null;
    }
    String to = exchange.header("location");
    return of(
            facts,
            "redirect",
            Culprit.REQUEST,
            "The address has moved; redirects are not followed.")
        .seen(Words.header(exchange, "location"))
        .change(
            to.isEmpty()
                ? "it does not name the target: look up the API's present address"
                : "use that address as base URL: " + Preview.of(to),
            to.startsWith("https:") && exchange.target() != null && !exchange.target().secure()
                ? "the address begins with http: where https is due"
                : "",
            exchange.status() == 307 || exchange.status() == 308
                ? "clients that follow it send the request again, and many leave the key out"
                : "most clients that follow it turn the POST into a GET, and the request is lost",
            to.contains("login") || to.contains("signin")
                ? "it leads to a login: a single sign-on protects the API; use an address"
                    + " that takes keys"
                : "");
  }

  private static @Nullable Finding proxyTimeout(Facts facts) {
    int status = facts.exchange().status();
    if (status != 504 && status != 524 && status != 522 && status != 408) {
      return null;
    }
    if (status == 408 && !isPage(facts.exchange())) {
      return null; // The provider's own.
    }
    long waited = facts.pace().headAt() - Math.max(0, facts.pace().requestAt());
    var limits = ProxyLimit.of(ProxyLimit.Kind.SILENCE, waited, facts.exchange());
    if (limits.isEmpty()) {
      limits = ProxyLimit.of(ProxyLimit.Kind.WHOLE, waited, facts.exchange());
    }
    String waiting =
        switch (status) {
          case 524, 522 -> "Cloudflare";
          default -> limits.isEmpty() ? "a gateway" : limits.getFirst().product();
        };
    var finding =
        of(
            facts,
            "gateway-timeout",
            Culprit.PROXY,
            "Something on the way gave up waiting for the provider: " + waiting + ".");
    if (facts.pace().known()) {
      finding = finding.seen("after " + Words.time(waited));
    }
    for (ProxyLimit limit : limits) {
      finding = finding.change(limit.setting());
    }
    return finding.change(
        "stream, so that the first byte comes early; let the server send keep-alives while it"
            + " thinks");
  }

  private static @Nullable Finding proxyError(Facts facts) {
    var exchange = facts.exchange();
    int status = exchange.status();
    boolean cloudflare = status >= 520 && status <= 527;
    if (!cloudflare && !(status == 502 || (isError(facts) && status >= 500 && isPage(exchange)))) {
      return null;
    }
    return of(
            facts,
            "bad-gateway",
            Culprit.PROXY,
            "A proxy on the way could not get an answer from the provider.")
        .change(
            "see the proxy's own error log at this moment; nginx: \"upstream prematurely closed\","
                + " \"connect() failed\", \"no live upstreams\"",
            "keep-alive race: the proxy's upstream keep-alive time must be shorter than the"
                + " server's (Node: server.keepAliveTimeout, 5 s by default; uvicorn:"
                + " --timeout-keep-alive, 5 s by default)",
            "is the server up? open it directly, without the proxy");
  }

  private static @Nullable Finding auth(Facts facts) {
    int status = facts.exchange().status();
    boolean named = wording(facts, "api_key", "apikey", "authentic", "unauthorized", "permission");
    if (status != 401 && status != 403 && !(status == 400 && named)) {
      return null;
    }
    var exchange = facts.exchange();
    boolean page = isPage(exchange);
    var target = exchange.target();
    return of(
            facts,
            page ? "blocked" : "auth",
            page ? Culprit.PROXY : Culprit.ACCOUNT,
            page
                ? "A firewall or a login in front of the API refused the request."
                : target != null && !target.hasKey()
                    ? "No key was sent, and the provider wants one."
                    : "The provider does not accept the key, or the key may not do this.")
        .change(
            page ? "allow your address or user agent at the firewall, or go around it" : "",
            target != null && !target.hasKey()
                ? "send one: -H 'Authorization: Bearer KEY' (OpenAI and clones), -H 'x-api-key:"
                    + " KEY' and -H 'anthropic-version: 2023-06-01' (Anthropic), -H"
                    + " 'x-goog-api-key: KEY' (Gemini), -H 'api-key: KEY' (Azure)"
                : "check that the key belongs to this provider, project and region, is not"
                    + " revoked, and has no stray line feed or quote",
            status == 403
                ? "403: the key is known, but model, region or project are not its own"
                : "");
  }

  private static boolean wording(Facts facts, String... words) {
    var failure = facts.exchange().failure();
    var provider = failure == null ? null : failure.provider().orElse(null);
    if (provider == null) {
      return false;
    }
    String all =
        (provider.type() + " " + provider.code() + " " + provider.message())
            .toLowerCase(Locale.ROOT);
    for (String word : words) {
      if (all.contains(word)) {
        return true;
      }
    }
    return false;
  }

  /** A rate limit's code, and yet no pause heals it: the core compared request and limit. */
  private static @Nullable Finding overRateLimit(Facts facts) {
    var failure = facts.exchange().failure();
    return isError(facts) && failure != null && isOverRateLimit(failure)
        ? overRateLimit(of(facts, "request-over-rate-limit", Culprit.REQUEST, OVER_RATE_LIMIT))
        : null;
  }

  static final String OVER_RATE_LIMIT =
      "The request alone is larger than the rate limit; waiting does not help.";

  /** {@return whether a failure is a rate limit that the request can never meet} */
  static boolean isOverRateLimit(Failure failure) {
    var error = failure.provider().orElse(null);
    if (failure.cause() != Cause.REJECTED || error == null) {
      return false;
    }
    String name = (error.type() + " " + error.code()).toLowerCase(Locale.ROOT).replace('-', '_');
    return name.contains("rate_limit")
        || name.contains("ratelimit")
        || name.contains("too_many_requests")
        || name.contains("throttling")
        || name.contains("tokens_limit")
        || name.contains("resource_exhausted");
  }

  static Finding overRateLimit(Finding finding) {
    return finding.change(
        "make the request smaller: a shorter prompt or history, fewer files and tools, a lower"
            + " max_tokens, which counts towards the limit",
        "or raise the account's limit (tier), or use a model whose limit is higher",
        "do not retry it as it is");
  }

  private static @Nullable Finding quota(Facts facts) {
    var failure = facts.exchange().failure();
    if (!isError(facts) || failure == null || failure.cause() != Cause.REJECTED) {
      return null;
    }
    int status = facts.exchange().status();
    boolean purse =
        status == 402
            || status == 429
            || wording(facts, "insufficient_quota", "billing", "balance");
    return purse ? quotaFinding(of(facts, "quota", Culprit.ACCOUNT, QUOTA)) : null;
  }

  /** The summary of an empty purse. */
  static final String QUOTA = "The account has no money or no quota left; waiting does not help.";

  static Finding quotaFinding(Finding finding) {
    return finding.change(
        "add credit, or raise the project's monthly budget, in the provider's console",
        "make clients stop: a retry of this error is a request for nothing");
  }

  private static @Nullable Finding rateLimited(Facts facts) {
    var failure = facts.exchange().failure();
    if (!isError(facts) || failure == null || failure.cause() != Cause.RATE_LIMITED) {
      return null;
    }
    var wait = failure.retryAfter().orElse(null);
    var exchange = facts.exchange();
    var finding =
        of(facts, "rate-limit", Culprit.ACCOUNT, "Too many requests or tokens in the window.")
            .seen(
                Words.header(exchange, "retry-after"),
                Words.header(exchange, "x-ratelimit-remaining-requests"),
                Words.header(exchange, "x-ratelimit-remaining-tokens"),
                Words.header(exchange, "anthropic-ratelimit-requests-remaining"),
                Words.header(exchange, "anthropic-ratelimit-tokens-remaining"));
    return finding.change(
        wait == null
            ? "wait with full jitter, from 1 s, doubling"
            : "wait " + Words.time(wait.toNanos()) + ", as it asks",
        "cap requests at the same time in your client; ask the provider for a higher limit",
        "retry in one place only: an SDK's retries inside your own multiply");
  }

  private static @Nullable Finding overloaded(Facts facts) {
    var failure = facts.exchange().failure();
    if (!isError(facts) || failure == null || failure.cause() != Cause.OVERLOADED) {
      return null;
    }
    return of(facts, "overload", Culprit.PROVIDER, "The provider has no capacity for now.")
        .change(
            "retry with backoff and a budget; fail over to another provider or region",
            "self-hosted: more replicas, or fewer slots at the proxy (vLLM: --max-num-seqs)");
  }

  private static @Nullable Finding notFound(Facts facts) {
    int status = facts.exchange().status();
    if (status != 404 && status != 405) {
      return null;
    }
    var target = facts.exchange().target();
    String path = target == null ? "" : target.path();
    boolean model = wording(facts, "model");
    return of(
            facts,
            model ? "unknown-model" : "wrong-path",
            Culprit.REQUEST,
            model ? "The provider does not know the model." : "There is no such path at this host.")
        .seen(path.isEmpty() ? "" : "path: " + path)
        .change(
            model ? "list what the key may use: GET .../v1/models" : "",
            path.contains("/v1/v1") ? "the base URL has a /v1 too many" : "",
            !path.contains("/v1") && !model
                ? "most APIs live below /v1: .../v1/chat/completions"
                : "",
            status == 405 ? "the path wants another method: completions are POST" : "",
            "Azure: the path holds the deployment's name, and ?api-version= must be there");
  }

  private static @Nullable Finding tooLarge(Facts facts) {
    boolean context =
        wording(facts, "context_length", "context length", "context window", "too long");
    int status = facts.exchange().status();
    if (status != 413 && !(isError(facts) && status < 500 && context)) {
      return null;
    }
    return of(
            facts,
            "prompt-too-large",
            Culprit.REQUEST,
            context
                ? "The prompt is longer than the model's context."
                : "The request is too large.")
        .change(
            context
                ? "shorten the prompt or the history, or take a model with a larger context"
                : "",
            status == 413 ? "nginx: client_max_body_size 32m; in the server block" : "");
  }

  private static @Nullable Finding rejected(Facts facts) {
    var failure = facts.exchange().failure();
    if (!isError(facts) || failure == null || failure.cause() != Cause.REJECTED) {
      return null;
    }
    return of(facts, "bad-request", Culprit.REQUEST, "The provider does not accept the request.")
        .change(
            "read its words above and change the request; the same request will fail again",
            facts.exchange().status() == 415
                ? "send -H 'Content-Type: application/json'"
                : "compare the body with the API's reference: a parameter that this model or"
                    + " clone does not know is the usual reason");
  }

  private static @Nullable Finding serverError(Facts facts) {
    if (!isError(facts)) {
      return null;
    }
    return of(facts, "server-error", Culprit.PROVIDER, "The provider failed.")
        .change(
            "retry with backoff; if it stays, send the request id above to the provider's support",
            "self-hosted: the server's log has the stack trace");
  }
}
