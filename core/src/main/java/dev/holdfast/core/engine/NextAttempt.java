package dev.holdfast.core.engine;

import dev.holdfast.core.dialect.ProviderRequest;
import dev.holdfast.core.stream.Rung;
import org.jspecify.annotations.Nullable;

/**
 * The attempt to come.
 *
 * @param number from 1
 * @param upstream index in the plan
 * @param call the request, and how its answer is read
 * @param purpose what its answer is
 * @param rung how it continues delivered text; null where nothing was delivered
 * @param start where in the delivered text it was asked to begin
 */
record NextAttempt(
    int number,
    int upstream,
    ProviderRequest call,
    Purpose purpose,
    @Nullable Rung rung,
    int start) {
  /** {@return the same without the request's body, which is sent and not needed any more} */
  NextAttempt withoutBody() {
    var sent = new ProviderRequest(call.method(), call.path(), call.headers(), "", call.answer());
    return new NextAttempt(number, upstream, sent, purpose, rung, start);
  }

  /** {@return an attempt from the start of the answer} */
  static NextAttempt fromTheStart(int number, int upstream, ProviderRequest call) {
    return new NextAttempt(number, upstream, call, Purpose.ANSWER, null, 0);
  }
}
