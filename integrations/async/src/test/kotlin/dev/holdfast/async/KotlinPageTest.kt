package dev.holdfast.async

import dev.holdfast.client.Holdfast
import dev.holdfast.client.StreamException
import dev.holdfast.client.Upstream
import dev.holdfast.core.request.ChatRequest
import dev.holdfast.core.stream.StreamEvent
import dev.holdfast.testkit.answer.Answer
import dev.holdfast.testkit.fault.Script
import dev.holdfast.testkit.server.FaultServer
import java.time.Duration
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.filterIsInstance
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.jdk9.asFlow
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.runInterruptible
import org.assertj.core.api.Assertions.assertThat
import org.junit.jupiter.api.Test

// tag::flow[]
/** The text of an answer, piece by piece. One that is not whole ends in a StreamException. */
fun Holdfast.text(request: ChatRequest): Flow<String> =
    publisher(request).asFlow().filterIsInstance<StreamEvent.TextDelta>().map { it.text() }
// end::flow[]

// tag::await[]
/** The whole answer. Cancelling the coroutine aborts the stream. */
suspend fun Holdfast.await(request: ChatRequest): String =
    stream(request).use { stream -> runInterruptible(Dispatchers.IO) { stream.text() } }
// end::await[]

/** The examples of docs/kotlin.md, word for word between the tags. */
class KotlinPageTest {
    private val story = "Once upon a time a stream was cut, and the answer was whole all the same."
    private val request = ChatRequest.to("gpt-4.1").user("Tell a story").build()
    private val out = StringBuilder()

    @Test
    fun aFlowSurvivesACut() =
        served("cut-rst@token=6") { holdfast, _ ->
            // tag::collect[]
            holdfast.text(request).collect { out.append(it) }
            // end::collect[]
            assertThat(out.toString()).isEqualTo(story)
        }

    @Test
    fun anAnswerThatIsNotWholeIsAnException() =
        served("status@code=401") { holdfast, _ ->
            // tag::errors[]
            try {
                holdfast.text(request).collect { out.append(it) }
            } catch (e: StreamException) {
                out.append("[not whole: ${e.message}]")
            }
            // end::errors[]
            assertThat(out.toString()).startsWith("[not whole: ").contains("401")
        }

    @Test
    fun takingAFewPiecesClosesTheConnection() =
        served("slow@delay=50ms") { holdfast, server ->
            // tag::take[]
            val beginning = holdfast.text(request).take(3).toList()
            // end::take[]
            assertThat(story).startsWith(beginning.joinToString(""))
            assertThat(server.awaitEnded(1, Duration.ofSeconds(20))).isTrue()
        }

    @Test
    fun twoAnswersComeAtTheSameTime() =
        served("cut-rst@token=6") { holdfast, _ ->
            val other = ChatRequest.to("gpt-4.1").user("Tell another").build()
            // tag::two[]
            coroutineScope {
                val first = async { holdfast.await(request) }
                val second = async { holdfast.await(other) }
                out.append(first.await()).append(second.await())
            }
            // end::two[]
            assertThat(out.toString()).isEqualTo(story + story)
        }

    private fun served(vararg faults: String, body: suspend (Holdfast, FaultServer) -> Unit) {
        val builder = FaultServer.builder().answer(Answer.ofText(story)).script(Script.of(*faults))
        builder.start().use { server ->
            val upstream = Upstream.openAi("test-key").at(server.baseUrl().toString())
            Holdfast.builder().upstream(upstream).build().use { runBlocking { body(it, server) } }
        }
    }
}
