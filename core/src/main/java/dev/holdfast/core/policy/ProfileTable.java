package dev.holdfast.core.policy;

/** The built-in table. Sources: docs/dialects.md. */
final class ProfileTable {
  private ProfileTable() {}

  /**
   * Claude from 4.6 on answers a trailing assistant message with 400; names are either
   * claude-family-major-minor-date or, up to 3.7, claude-major-minor-family.
   */
  static final String TEXT =
      """
      # name         protocol            host                   model                                settings
      claude-prefill anthropic-messages  api.anthropic.com      ~claude-(instant|[123])([.@-].*)?    rungs=prefill,anchor,replay idle=75s
      claude-prefill anthropic-messages  api.anthropic.com      ~claude-[a-z]+-[123]([.@:-].*)?      rungs=prefill,anchor,replay idle=75s
      claude-prefill anthropic-messages  api.anthropic.com      ~claude-[a-z]+-4([@:]|[.-][0-5]([.@:-]|$)|-\\d{8}|$).*  rungs=prefill,anchor,replay idle=75s
      claude         anthropic-messages  api.anthropic.com      *                                    rungs=anchor,replay idle=75s
      claude-prefill anthropic-messages  *                      ~claude-(instant|[123])([.@-].*)?    rungs=prefill,anchor,replay
      claude-prefill anthropic-messages  *                      ~claude-[a-z]+-[123]([.@:-].*)?      rungs=prefill,anchor,replay
      claude-prefill anthropic-messages  *                      ~claude-[a-z]+-4([@:]|[.-][0-5]([.@:-]|$)|-\\d{8}|$).*  rungs=prefill,anchor,replay
      messages       anthropic-messages  *                      *                                    rungs=anchor,replay
      deepseek       openai-chat         ~(.*\\.)?deepseek\\.com  *                                  rungs=prefill,anchor,replay prefill=prefix-true prefill-path=/beta/chat/completions idle=75s
      mistral        openai-chat         ~(.*\\.)?mistral\\.ai  *                                    rungs=prefill,anchor,replay prefill=prefix-true
      moonshot       openai-chat         ~(.*\\.)?moonshot\\.(cn|ai)  *                              rungs=prefill,anchor,replay prefill=partial-true
      qwen           openai-chat         dashscope*.aliyuncs.com qwen*                               rungs=prefill,anchor,replay prefill=partial-true
      openrouter     openai-chat         ~(.*\\.)?openrouter\\.ai  *                                 rungs=anchor,replay idle=75s
      xai            openai-chat         ~(.*\\.)?x\\.ai        *                                    rungs=anchor,replay idle=75s
      groq           openai-chat         ~(.*\\.)?groq\\.com    *                                    rungs=anchor,replay
      together       openai-chat         ~(.*\\.)?together\\.(ai|xyz)  *                             rungs=anchor,replay
      fireworks      openai-chat         ~(.*\\.)?fireworks\\.ai  *                                  rungs=anchor,replay
      perplexity     openai-chat         ~(.*\\.)?perplexity\\.ai  *                                 rungs=anchor,replay
      glm            openai-chat         ~(.*\\.)?(bigmodel\\.cn|z\\.ai)  *                          rungs=anchor,replay
      minimax        openai-chat         ~(.*\\.)?minimax(i\\.com|\\.io|\\.chat)  *                  rungs=anchor,replay
      venice         openai-chat         ~(.*\\.)?venice\\.ai   *                                    rungs=anchor,replay
      copilot        openai-chat         ~(.*\\.)?githubcopilot\\.com  *                             rungs=anchor,replay
      snowflake      openai-chat         *.snowflakecomputing.com *                                  rungs=anchor,replay
      azure          openai-chat         ~.*\\.(openai|cognitiveservices|services\\.ai)\\.azure\\.com  *  rungs=anchor,replay key=api-key
      azure          openai-responses    ~.*\\.(openai|cognitiveservices|services\\.ai)\\.azure\\.com  *  rungs=cursor,anchor,replay key=api-key
      # Servers of one's own have no host to be known by.
      vllm           openai-chat         -                      *                                    rungs=token-ids,continue,anchor,replay count=usage
      sglang         openai-chat         -                      *                                    rungs=continue,anchor,replay count=events
      llama.cpp      openai-chat         -                      *                                    rungs=cursor,continue,prefill,anchor,replay count=timings
      llama.cpp      openai-responses    -                      *                                    rungs=continue,prefill,anchor,replay count=timings
      llama.cpp      anthropic-messages  -                      *                                    rungs=prefill,anchor,replay count=timings
      ollama         openai-chat         -                      *                                    rungs=anchor,replay count=events
      lm-studio      openai-chat         -                      *                                    rungs=anchor,replay count=events
      chat           openai-chat         *                      *                                    rungs=anchor,replay
      responses      openai-responses    *                      *                                    rungs=cursor,anchor,replay
      gemini         gemini-sse          *                      *                                    rungs=anchor,replay
      interactions   gemini-interactions *                      *                                    rungs=cursor,anchor,replay
      llama-completion llama-completion  *                      *                                    rungs=prefill,replay count=timings
      ollama         ollama-chat         *                      *                                    rungs=anchor,replay count=events
      """;
}
