import { defineConfig } from 'vitepress';

const repository = 'https://github.com/holdfast/holdfast';

/** GitHub's rule for the anchors of headings, which the pages are written for. */
const slugify = (text) =>
  text.trim().toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/\s/g, '-');

export default defineConfig({
  title: 'Holdfast',
  description: 'Keeps LLM streams whole: every answer arrives complete and exactly once, or the caller gets the precise cause.',
  lang: 'en',
  base: process.env.HOLDFAST_SITE_BASE || '/',
  cleanUrls: false,
  // A dead link fails the build.
  ignoreDeadLinks: [/^https?:\/\/(localhost|127\.0\.0\.1)/],
  markdown: {
    anchor: { slugify },
    headers: { slugify },
    toc: { slugify },
    // Pages are written for GitHub: what looks like HTML in them is text.
    html: true,
    config: (md) => {
      // An indented block is a command, and looks like the others.
      md.core.ruler.push('indented-blocks', (state) => {
        for (const token of state.tokens) {
          if (token.type === 'code_block') Object.assign(token, { type: 'fence', info: 'sh', markup: '```' });
        }
      });
      // Two braces are text, and no expression of Vue.
      md.core.ruler.push('no-expressions', (state) => {
        for (const token of state.tokens) {
          for (const child of token.children ?? []) {
            if (child.type === 'text') child.content = child.content.replace(/\{\{/g, '{\u200b{');
          }
        }
      });
    },
  },
  themeConfig: {
    search: { provider: 'local' },
    socialLinks: [{ icon: 'github', link: repository }],
    outline: [2, 3],
    nav: [
      { text: 'Start here', link: '/start' },
      { text: 'How-to', link: '/howto/java' },
      { text: 'Reference', link: '/cli' },
      { text: 'Comparison', link: '/comparison' },
    ],
    sidebar: [
      { text: 'Start here', items: [{ text: 'Five minutes', link: '/start' }, { text: 'Comparison', link: '/comparison' }, { text: 'Installation', link: '/distribution' }] },
      {
        text: 'How-to guides',
        items: [
          { text: 'Java developer', link: '/howto/java' },
          { text: 'Spring', link: '/howto/spring' },
          { text: 'LangChain4j', link: '/howto/langchain4j' },
          { text: 'Gateway operator', link: '/howto/gateway' },
          { text: 'Tester', link: '/howto/tester' },
          { text: 'On-call engineer', link: '/howto/on-call' },
        ],
      },
      {
        text: 'Reference',
        items: [
          { text: 'Configuration', link: '/configuration' },
          { text: 'Command line', link: '/cli' },
          { text: 'Metrics', link: '/metrics' },
          { text: 'Causes', link: '/causes' },
          { text: 'Gateway', link: '/gateway' },
          { text: 'Deployment', link: '/deployment' },
          { text: 'Durable Streams', link: '/durable-streams' },
          { text: 'Dashboard', link: '/dashboard' },
          { text: 'Dialects', link: '/dialects' },
          { text: 'Drop-ins', link: '/drop-ins' },
          { text: 'Java guide', link: '/java' },
          { text: 'Browser', link: '/browser' },
          { text: 'Requests', link: '/requests' },
          { text: 'Faults', link: '/faults' },
          { text: 'Scenarios', link: '/scenarios' },
          { text: 'Debugger', link: '/debugging' },
          { text: 'Judge', link: '/judge' },
          { text: 'Journal format', link: '/journal-format' },
          { text: 'Recording format', link: '/recording-format' },
        ],
      },
      {
        text: 'Explanations',
        items: [
          { text: 'Verdicts, recovery, exactness', link: '/recovery' },
          { text: 'Design', link: '/design' },
          { text: 'Engine contract', link: '/driving' },
          { text: 'Load-bearing choices', link: '/load-bearing' },
          { text: 'Performance', link: '/performance' },
          { text: 'Security', link: '/security' },
          { text: 'Compatibility', link: '/compatibility' },
          { text: 'Releasing', link: '/releasing' },
          { text: 'Changelog', link: '/changelog' },
        ],
      },
    ],
  },
});
