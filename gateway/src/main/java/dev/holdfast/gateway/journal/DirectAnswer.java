package dev.holdfast.gateway.journal;

import dev.holdfast.gateway.message.Refusal;
import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/** An answer that is no stream: for the clients that wait for its head. */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record DirectAnswer(
    int status, @Nullable HttpHeaders headers, byte[] body, @Nullable Refusal refusal) {}
