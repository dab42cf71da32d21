package dev.holdfast.client;

import dev.holdfast.client.journal.JournalPolicy;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.testkit.journal.MemoryJournal;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A client with a journal in memory, and a provider that answers by hand. */
final class JournalRig {
  static final List<String> WORDS =
      List.of("Once ", "upon ", "a ", "time ", "it ", "was ", "whole.");
  static final String STORY = String.join("", WORDS);
  static final ChatRequest ASKED = ChatRequest.to("gpt-4.1").user("Tell a story").build();
  static final byte[] METADATA = "HFL1".getBytes(StandardCharsets.US_ASCII);

  final AtomicLong clock = new AtomicLong(1_000_000);
  final FakeTransport network = new FakeTransport();
  final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  final List<AutoCloseable> open = new ArrayList<>();
  final MemoryJournal journal = new MemoryJournal(clock::get);

  /** Closes the clients and ends the threads. */
  void close() throws Exception {
    for (var resource : open.reversed()) {
      resource.close();
    }
    threads.shutdownNow();
  }

  Holdfast client(Journal journal, JournalPolicy policy) {
    var holdfast =
        Holdfast.builder()
            .upstream(Upstream.of("openai-chat", "http://localhost/v1", "key"))
            .transport(network)
            .journal(journal, policy)
            .build();
    open.add(holdfast);
    return holdfast;
  }

  Holdfast client() {
    return client(journal, JournalPolicy.DEFAULT);
  }

  // ---------------------------------------------------------------- the provider, by hand

  FakeTransport.FakeExchange answering() {
    return network.opened.getLast().head(200);
  }

  static String frame(String delta, String finish) {
    return "data: {\"id\":\"c1\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":%s,\"finish_reason\":%s}]}\n\n"
        .formatted(delta, finish);
  }

  static void writes(FakeTransport.FakeExchange provider, List<String> words) {
    words.forEach(word -> provider.say(frame("{\"content\":\"" + word + "\"}", "null")));
  }

  static void finishes(FakeTransport.FakeExchange provider) {
    provider.say(frame("{}", "\"stop\"")).say("data: [DONE]\n\n").end();
  }

  CompletionStream whole(Holdfast holdfast) {
    var stream = holdfast.stream(ASKED);
    var provider = answering();
    writes(provider, WORDS);
    finishes(provider);
    return stream;
  }

  static String id(CompletionStream stream) {
    return stream.id().orElseThrow();
  }

  static String offset(CompletionStream stream) {
    return stream.offset().orElseThrow();
  }

  static List<StreamEvent> rest(CompletionStream stream) {
    var events = new ArrayList<StreamEvent>();
    for (var event = stream.next(); event.isPresent(); event = stream.next()) {
      events.add(event.get());
    }
    return events;
  }

  static <T> T got(Future<T> future) throws Exception {
    return future.get(30, TimeUnit.SECONDS);
  }

  static String next(CompletionStream stream) {
    return stream.textDeltas().iterator().next();
  }

  /** {@return the journal, whose operations get another receipt, or are left out if it is null} */
  Journal altered(Function<Journal.Receipt, Journal.@Nullable Receipt> change) {
    return (Journal)
        Proxy.newProxyInstance(
            Journal.class.getClassLoader(),
            new Class<?>[] {Journal.class},
            (proxy, method, arguments) -> {
              if (arguments != null
                  && arguments[arguments.length - 1] instanceof Journal.Receipt r) {
                var receipt = change.apply(r);
                if (receipt == null) {
                  return null;
                }
                arguments[arguments.length - 1] = receipt;
              }
              try {
                return method.invoke(journal, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  /** Keeps the refusal. */
  static final class Nothing implements Journal.Receipt {
    JournalRefusal.@Nullable Reason refused;

    @Override
    public void onStored(JournalOffset tail) {}

    @Override
    public void onRefused(JournalRefusal refusal) {
      refused = refusal.reason();
    }
  }
}
