package dev.holdfast.core.provider.errors;

import dev.holdfast.core.json.Json;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.ProviderError;
import dev.holdfast.core.stream.ResponseHead;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Interprets an error answer: whose fault it is, whether an identical attempt can heal it, and
 * when. Codes and types decide, not sentences: the same sentence means an exhausted balance at one
 * provider and a short pause at another. One question is answered by sentences alone: whether a
 * request that met a rate limit is larger than that limit; see {@link OversizedRequest}.
 */
public final class HttpErrors {
  private static final int MAX_BODY = 64 << 10;

  /** An exhausted balance, a locked account: a pause does not heal them, with any status. */
  private static final List<String> PURSE =
      List.of(
          "insufficient_quota",
          "billing_hard_limit_reached",
          "billing_not_active",
          "billing_error",
          "insufficient_balance",
          "exceeded_current_quota_error",
          "account_deactivated",
          "payment_required",
          // DashScope's word for an account in debt.
          "arrearage");

  /**
   * Zhipu's codes of a 429 that are not about pace: account trouble, exhausted packages, locks.
   * docs.z.ai, error codes.
   */
  private static final List<String> ZHIPU_PURSE =
      List.of("1110", "1111", "1112", "1113", "1120", "1121", "1304", "1308", "1309", "1310");

  private static final List<String> REJECTING =
      List.of(
          "invalid_request",
          "invalid-argument",
          "invalid_argument",
          "invalid_api_key",
          "invalid_model",
          "invalid_prompt",
          "tool_use_failed",
          "content_policy",
          "content_filter",
          "data_inspection_failed",
          "context_length",
          "exceed_context_size",
          "string_above_max_length",
          "too_many_prompt_tokens",
          "authentication",
          "permission",
          "unauthorized",
          "unauthenticated",
          "forbidden",
          "not_found",
          "model_not_found",
          "unsupported",
          "not_supported",
          "request_too_large",
          "validation",
          "failed_precondition",
          // DashScope spells its codes in one word.
          "invalidparameter",
          "invalidapikey",
          "invalidurl",
          "datainspectionfailed",
          "accessdenied",
          "model.accessdenied",
          "modelnotfound",
          // Amazon's names.
          "resourcenotfound",
          "servicequotaexceeded",
          "unrecognizedclient",
          "expiredtoken",
          "moderation");

  /** Names that blame the form of the request, among those that reject it. */
  private static final List<String> FORM =
      List.of(
          "invalid_request",
          "invalid-argument",
          "invalid_argument",
          "invalid_model",
          "model_not_found",
          "not_found",
          "resourcenotfound",
          "modelnotfound",
          "unsupported",
          "not_supported",
          "validation",
          "failed_precondition",
          "invalidparameter",
          "invalidurl");

  /** MiniMax, {@code base_resp.status_code} in a 200. */
  private static final List<String> MINIMAX_REJECTING =
      List.of("1004", "1008", "1026", "1027", "2013", "2049");

  private HttpErrors() {}

  /**
   * {@return what an error answer means}
   *
   * @param head its status and headers; a 2xx status counts as an error hidden in a success
   * @param body its first bytes, at most 64 KiB of which are read
   * @param epochMillis wall-clock time of its arrival, for dates in its headers
   */
  public static Failure classify(ResponseHead head, byte[] body, long epochMillis) {
    int length = Math.min(body.length, MAX_BODY);
    Json json = read(body, length);
    var error =
        json == null
            ? ErrorValues.ofText(new String(body, 0, length, StandardCharsets.UTF_8).strip())
            : ErrorValues.of(whole(json));
    var judged = judge(error, head.isSuccess() ? 0 : head.status());
    boolean heals =
        switch (head.header("x-should-retry").strip().toLowerCase(Locale.ROOT)) {
          // The server knows better than its status does: OpenAI's and Anthropic's SDKs obey too.
          case "true" -> true;
          case "false" -> false;
          default -> judged.heals;
        };
    return failure(
        judged.cause, heals, RetryAfter.parse(head, json, epochMillis), head.status(), error);
  }

  /** {@return what an error inside a 200 stream means that comes before any content} */
  public static Failure inStream(ProviderError error) {
    return inStream(error, false);
  }

  /**
   * {@return what an error inside a 200 stream means} A request that was being answered is not
   * invalid: an error that calls it so after content is a stream that broke.
   *
   * @param begun whether content came before it
   */
  public static Failure inStream(ProviderError error, boolean begun) {
    return inStream(error, status(error.code()), begun);
  }

  /** As above, with the status that the stream gave the error; 0 if it gave none. */
  public static Failure inStream(ProviderError error, int status, boolean begun) {
    var judged = judge(error, status);
    if (begun && judged.cause == Cause.REJECTED && isMislabelled(error, status)) {
      judged = new Judged(Cause.PROVIDER_ERROR, true);
    }
    Duration wait = null;
    try {
      wait = RetryAfter.hint(Json.parse(error.raw()));
    } catch (Json.MalformedException e) {
      // A plain sentence contains no time.
    }
    return failure(judged.cause, judged.heals, wait, 200, error);
  }

  private static Failure failure(
      Cause cause, boolean heals, @Nullable Duration wait, int status, ProviderError error) {
    String detail =
        status >= 300 && status < 400
            ? "redirects are not followed"
            : "provider answered %s%s"
                .formatted(status, error.name().isEmpty() ? "" : " (" + error.name() + ")");
    boolean starting = heals && LoadingServer.isReportedBy(status, error);
    return Failure.builder(cause, detail)
        .retryable(heals)
        .retryAfter(wait)
        .httpStatus(status)
        .provider(error)
        .starting(starting)
        .build();
  }

  private record Judged(Cause cause, boolean heals) {}

  /** {@code status} is 0 where none is known. */
  private static Judged judge(ProviderError error, int status) {
    String type = error.type().toLowerCase(Locale.ROOT);
    String code = error.code().toLowerCase(Locale.ROOT);
    if (is(type, code, PURSE) || status == 402 || (status == 429 && ZHIPU_PURSE.contains(code))) {
      return new Judged(Cause.REJECTED, false);
    }
    var named = byName(type, code);
    var judged =
        status != 0
            ? byStatus(status, named)
            : named == null ? new Judged(Cause.PROVIDER_ERROR, true) : named;
    // Some providers report it under the code of a pause, which no pause heals.
    boolean pace =
        judged.cause == Cause.RATE_LIMITED
            || (named != null && named.cause == Cause.RATE_LIMITED && judged.heals);
    return pace && OversizedRequest.isReportedBy(error.message())
        ? new Judged(Cause.REJECTED, false)
        : judged;
  }

  /**
   * Whether nothing but the form of the request is blamed, which was good enough to be answered.
   */
  private static boolean isMislabelled(ProviderError error, int status) {
    String type = error.type().toLowerCase(Locale.ROOT);
    String code = error.code().toLowerCase(Locale.ROOT);
    var names = Stream.of(type, code).filter(name -> REJECTING.stream().anyMatch(name::startsWith));
    boolean form = names.allMatch(name -> FORM.stream().anyMatch(name::startsWith));
    boolean lasting =
        is(type, code, PURSE)
            || MINIMAX_REJECTING.contains(code)
            || status == 401
            || status == 402
            || status == 403
            || status == 451
            || (status == 429 && ZHIPU_PURSE.contains(code));
    return form && !lasting;
  }

  private static @Nullable Judged byName(String type, String code) {
    for (var name : List.of(code, type)) {
      String bare = name.replace('-', '_');
      if (bare.startsWith("rate_limit")
          || bare.contains("ratelimit")
          || bare.startsWith("too_many_requests")
          || bare.startsWith("throttling")
          || bare.equals("resource_exhausted")
          || bare.equals("1302")
          || bare.equals("1303")) {
        return new Judged(Cause.RATE_LIMITED, true);
      }
      if (bare.contains("overloaded")
          || bare.startsWith("service_unavailable")
          || bare.startsWith("serviceunavailable")
          || bare.equals("unavailable")
          || bare.equals("insufficient_system_resource")
          || bare.equals("1305")) {
        return new Judged(Cause.OVERLOADED, true);
      }
    }
    if (is(type, code, REJECTING)) {
      return new Judged(Cause.REJECTED, false);
    }
    if (MINIMAX_REJECTING.contains(code)) {
      return new Judged(Cause.REJECTED, false);
    }
    return switch (code) {
      case "1002", "1039" -> new Judged(Cause.RATE_LIMITED, true);
      default -> null;
    };
  }

  private static Judged byStatus(int status, @Nullable Judged named) {
    if (status >= 500 && named != null && named.heals) {
      return named;
    }
    return switch (status) {
      // 499 is Google's for a call that its own side gave up.
      case 408, 409, 425, 499 -> new Judged(Cause.PROVIDER_ERROR, true);
      case 429 -> new Judged(Cause.RATE_LIMITED, true);
      case 503, 529 -> new Judged(Cause.OVERLOADED, true);
      // Bedrock's modelStreamErrorException.
      case 424 -> new Judged(Cause.PROVIDER_ERROR, true);
      case 501, 505 -> new Judged(Cause.REJECTED, false);
      default ->
          status >= 500
              ? new Judged(Cause.PROVIDER_ERROR, true)
              : new Judged(Cause.REJECTED, false);
    };
  }

  private static boolean is(String type, String code, List<String> names) {
    return names.stream().anyMatch(name -> type.startsWith(name) || code.startsWith(name));
  }

  private static int status(String code) {
    return code.length() == 3
            && code.charAt(0) >= '4'
            && code.charAt(0) <= '5'
            && code.chars().allMatch(c -> c >= '0' && c <= '9')
        ? Integer.parseInt(code)
        : 0;
  }

  private static Json whole(Json json) {
    var base = json instanceof Json.Obj object ? object.object("base_resp") : null;
    return base == null ? json : base;
  }

  private static @Nullable Json read(byte[] body, int length) {
    try {
      var all = Json.parseAll(body, 0, length);
      return all.isEmpty() ? null : all.getFirst();
    } catch (Json.MalformedException e) {
      return null;
    }
  }
}
