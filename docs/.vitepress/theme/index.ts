// The theme of the site: VitePress' own, with colours that have enough contrast.
import theme from "vitepress/theme";
import "./colours.css";

export default theme;
