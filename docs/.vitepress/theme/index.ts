// The theme of the site: VitePress' own, with colours of enough contrast and a short home page.
import theme from "vitepress/theme";
import "./style.css";

export default theme;
