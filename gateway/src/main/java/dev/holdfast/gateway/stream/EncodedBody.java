package dev.holdfast.gateway.stream;

import dev.holdfast.core.dialect.AnswerHead;
import dev.holdfast.core.engine.Action;
import dev.holdfast.core.engine.Signal;
import dev.holdfast.core.engine.StreamMachine;
import dev.holdfast.core.health.Availability;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.provider.encode.EventEncoder;
import dev.holdfast.core.stream.Ending;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.StreamEvent;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A body that is encoded from the machine's events, from its first frame to its last. */
final class EncodedBody implements AnswerBody {
  private static final byte[] NOTHING = {};
  private static final byte[] PING =
      "event: ping\ndata: {\"type\": \"ping\"}\n\n".getBytes(StandardCharsets.UTF_8);

  private final StreamMachine machine;
  private final String dialect;
  private final String model;
  private final long createdSeconds;
  private final boolean usageAsked;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private @Nullable EventEncoder encoder;
  private boolean content;

  EncodedBody(
      StreamMachine machine,
      String dialect,
      String model,
      long createdSeconds,
      boolean usageAsked) {
    this.machine = machine;
    this.dialect = dialect;
    this.model = model;
    this.createdSeconds = createdSeconds;
    this.usageAsked = usageAsked;
  }

  @Override
  public List<Action> on(Signal signal, long nowNanos, Availability.Lookup standings) {
    List<Action> actions = machine.on(signal, nowNanos, standings);
    for (Action action : actions) {
      if (action instanceof Action.Deliver(StreamEvent event)) {
        encode(event);
      }
    }
    return actions;
  }

  private void encode(StreamEvent event) {
    if (event instanceof StreamEvent.Started(var id, var answering) && encoder == null) {
      encoder = encoder(id, answering.isEmpty() ? model : answering);
    }
    if (event instanceof StreamEvent.Heartbeat) {
      return; // The gateway has a clock of its own for them.
    }
    content |= event.isContent();
    out.writeBytes(open().encode(event));
  }

  private EventEncoder open() {
    if (encoder == null) {
      encoder = encoder("holdfast-" + createdSeconds, model);
    }
    return encoder;
  }

  private EventEncoder encoder(String id, String answering) {
    return EventEncoder.of(dialect, new AnswerHead(id, answering, createdSeconds, usageAsked));
  }

  @Override
  public long frames() {
    return machine.frames();
  }

  @Override
  public boolean hasContent() {
    return content;
  }

  @Override
  public byte[] take() {
    if (out.size() == 0) {
      return NOTHING;
    }
    byte[] bytes = out.toByteArray();
    out.reset();
    return bytes;
  }

  @Override
  public byte[] keepAlive() {
    return dialect.equals(Dialects.ANTHROPIC_MESSAGES) ? PING.clone() : open().keepAlive();
  }

  @Override
  public byte[] complete(Ending ending) {
    var open = open();
    var last = new ByteArrayOutputStream();
    ending
        .usage()
        .ifPresent(tokens -> last.writeBytes(open.encode(new StreamEvent.Usage(tokens))));
    ending
        .finishes()
        .forEach(
            (choice, finish) ->
                last.writeBytes(open.encode(new StreamEvent.Finished(choice, finish))));
    last.writeBytes(open.complete());
    return last.toByteArray();
  }

  @Override
  public byte[] fail(Failure failure) {
    return open().fail(failure);
  }
}
