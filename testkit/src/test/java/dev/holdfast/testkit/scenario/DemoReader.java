package dev.holdfast.testkit.scenario;

import dev.holdfast.testkit.Requests;
import dev.holdfast.testkit.WireReader;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.json.JsonException;
import dev.holdfast.testkit.link.FaultyLink;
import dev.holdfast.testkit.link.LinkDelivery;
import dev.holdfast.testkit.link.Transmission;
import dev.holdfast.testkit.model.Reply;
import dev.holdfast.testkit.model.ScriptedModel;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The smallest client that can make an answer whole: an anchor turn for OpenAI's Chat, prefill for
 * the others. Proves that scenarios can be recovered from, without the code under proof.
 */
final class DemoReader {
  private static final int ANCHOR = 24;

  private final Scenario scenario;
  private final Protocol protocol;
  private final List<String> struck = new ArrayList<>();

  DemoReader(Scenario scenario, Protocol protocol) {
    this.scenario = scenario;
    this.protocol = protocol;
  }

  List<String> struck() {
    return struck;
  }

  String read() {
    var model =
        new ScriptedModel(protocol, scenario.answer(), scenario.continuation(), scenario.seed());
    var text = new StringBuilder();
    for (int attempt = 1; attempt <= 8; attempt++) {
      String anchor = anchor(text.toString());
      Reply reply = model.reply(request(text.toString(), anchor), attempt);
      Transmission transmission =
          new FaultyLink(protocol, scenario.seed())
              .carry(reply, scenario.script().faults("demo", attempt), 0, 0);
      transmission.struck().stream()
          .map(Fault::id)
          .filter(id -> !id.equals("slow"))
          .forEach(struck::add);
      String piece = delivered(transmission);
      if (!piece.startsWith(anchor)) {
        throw new AssertionError("the anchor was not repeated");
      }
      text.append(piece, anchor.length(), piece.length());
      if (transmission.cause() == null) {
        return text.toString();
      }
      // Prefill must not end in white space.
      text.setLength(text.toString().stripTrailing().length());
    }
    throw new AssertionError("the answer did not become whole");
  }

  private String anchor(String text) {
    return protocol == Protocol.OPENAI_CHAT
        ? text.substring(Math.max(0, text.length() - ANCHOR))
        : "";
  }

  private String request(String partial, String anchor) {
    if (partial.isEmpty()) {
      return Requests.of(protocol, "Hi");
    }
    return anchor.isEmpty()
        ? Requests.of(protocol, "Hi", partial)
        : Requests.of(
            protocol, "Hi", partial, "The answer was cut. Repeat \"" + anchor + "\" and go on.");
  }

  /** The text of every whole event before the first one that cannot be read. */
  private String delivered(Transmission transmission) {
    var bytes = new ByteArrayOutputStream();
    for (LinkDelivery delivery : transmission) {
      var chunk = new byte[delivery.bytes().remaining()];
      delivery.bytes().get(chunk);
      bytes.writeBytes(chunk);
    }
    var good = new StringBuilder();
    for (String event : Requests.events(protocol, bytes.toString(StandardCharsets.UTF_8))) {
      // The elements of an array stand on many lines.
      String line = event.startsWith("{") ? event.replaceAll("\\s*\n\\s*", "") : event;
      try {
        WireReader.events(line.equals("[") ? "" : line);
        good.append(line.equals("[") ? "" : line).append('\n');
      } catch (JsonException e) {
        break;
      }
    }
    return WireReader.text(good.toString());
  }
}
